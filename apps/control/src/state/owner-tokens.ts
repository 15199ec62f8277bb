// The owners' tokens: one file per token, named by its hash. Removing the file revokes the token.

import { lstatSync } from 'node:fs';
import { join } from 'node:path';

import { type Clock, CodedError, errorText, type Secret } from '@fairlead/kit';
import { encodeText } from '@fairlead/protocol';
import { z } from 'zod';

import type { ControlErrorCode } from '../control-error.ts';
import { ensurePrivateDir, replaceFile } from './state-dir.ts';
import { createOwnerToken, hashToken } from './tokens.ts';

/** How long a token that was found counts as valid before the file is looked up again. */
const believedMs = 4000;

/** For the operator who looks at the files: only the name of a file is read. */
const tokenFile = z.strictObject({ created: z.iso.datetime() });

/** May be called while a control runs. */
export function mintOwnerToken(stateDir: string, now: number): Secret {
  const token = createOwnerToken();
  ensurePrivateDir(stateDir);
  ensurePrivateDir(ownersDir(stateDir));
  const created = new Date(now).toISOString();
  replaceFile(join(ownersDir(stateDir), hashToken(token)), `${encodeText(tokenFile, { created })}\n`);
  return token;
}

export class OwnerTokens {
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #stateDir: string;
  /** When each token was last seen to be there. */
  readonly #found = new Map<string, number>();

  constructor(stateDir: string, clock: Clock) {
    this.#stateDir = stateDir;
    this.#dir = ownersDir(stateDir);
    this.#clock = clock;
  }

  /** `token`'s hash where it is an owner's, for `isValid`. Throws `tokens_unreadable`. */
  check(token: Secret): string | undefined {
    const hash = hashToken(token);
    return this.isValid(hash) ? hash : undefined;
  }

  /** If the files cannot be read: true for a token that was found before, else throws `tokens_unreadable`. */
  isValid(hash: string): boolean {
    const now = this.#clock.monotonicMs();
    const found = this.#found.get(hash);
    if (found !== undefined && now - found < believedMs) return true;
    const file = lookAt(join(this.#dir, hash), this.#stateDir);
    if (file.kind === 'unreadable') {
      if (found !== undefined) return true;
      throw unreadableError(this.#dir, file.error);
    }
    if (file.kind === 'there') this.#found.set(hash, now);
    else this.#found.delete(hash);
    return file.kind === 'there';
  }
}

function ownersDir(stateDir: string): string {
  return join(stateDir, 'owners');
}

type FileLook = { kind: 'there' | 'absent' } | { kind: 'unreadable'; error: unknown };

/** Errors that say nothing about the token: the home is not mounted, not readable or stale. */
function lookAt(path: string, stateDir: string): FileLook {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) return { kind: 'there' };
    lstatSync(stateDir);
    return { kind: 'absent' };
  } catch (error) {
    return { kind: 'unreadable', error };
  }
}

function unreadableError(dir: string, cause: unknown): CodedError<ControlErrorCode> {
  return new CodedError(
    'tokens_unreadable',
    `cannot tell whether the token is an owner's because ${dir} cannot be looked into: got ${errorText(cause)}`,
    {
      hint: 'See that the home directory on the bastion is there and readable (mount, Kerberos ticket); control tries again at each call.',
      retryable: true,
      cause,
    },
  );
}
