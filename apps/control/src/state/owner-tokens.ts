// Who may use control: one file per token, named by its hash. Removing the file revokes the token.

import { lstatSync } from 'node:fs';
import { join } from 'node:path';

import { type Clock, errnoOf, type Secret } from '@fairlead/kit';

import { ensurePrivateDir, replaceFile } from './state-dir.ts';
import { createOwnerToken, hashToken } from './tokens.ts';

/** How long a token that was found may be believed without looking again. */
const BELIEVED_MS = 4000;

/** May be called while a control runs. */
export function mintOwnerToken(stateDir: string, now: number): Secret {
  const token = createOwnerToken();
  ensurePrivateDir(stateDir);
  ensurePrivateDir(ownersDir(stateDir));
  const created = new Date(now).toISOString();
  replaceFile(join(ownersDir(stateDir), hashToken(token.reveal())), `${JSON.stringify({ created })}\n`);
  return token;
}

export class OwnerTokens {
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #found = new Map<string, number>();

  constructor(stateDir: string, clock: Clock) {
    this.#dir = ownersDir(stateDir);
    this.#clock = clock;
  }

  /** `token`'s hash where it is an owner's, for `isValid`. */
  check(token: string): string | undefined {
    const hash = hashToken(token);
    return this.isValid(hash) ? hash : undefined;
  }

  isValid(hash: string): boolean {
    const now = this.#clock.monotonicMs();
    const found = this.#found.get(hash);
    if (found !== undefined && now - found < BELIEVED_MS) return true;
    this.#found.delete(hash);
    if (!isFile(join(this.#dir, hash))) return false;
    this.#found.set(hash, now);
    return true;
  }
}

function ownersDir(stateDir: string): string {
  return join(stateDir, 'owners');
}

function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
