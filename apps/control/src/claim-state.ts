// Takes the state directory and the run directory for this process, so that no other control serves from them.

import { join } from 'node:path';

import { type Clock, isCodedError, type Scope } from '@fairlead/kit';

import { answers, clearStaleSocket, controlSocket, RunDir } from './carrier/run-dir.ts';
import type { ControlErrorCode } from './control-error.ts';
import type { ControlOptions } from './control-options.ts';
import { type Identity, readIdentity } from './state/identity.ts';
import { OwnerTokens } from './state/owner-tokens.ts';
import { checkOwnership, readOwner, writeOwner } from './state/ownership.ts';
import { ensurePrivateDir } from './state/state-dir.ts';
import { openSqliteStore } from './store/sqlite-store.ts';
import { lockedError } from './store/store-error.ts';
import type { Store } from './store/store.ts';

export interface ClaimedState {
  runDir: RunDir;
  identity: Identity;
  store: Store;
  owners: OwnerTokens;
}

/** The scope closes the store. Throws a CodedError<ControlErrorCode>, `already_running` among them. */
export async function claimState(
  options: ControlOptions,
  { clock, pid }: { clock: Clock; pid: number },
  scope: Scope,
): Promise<ClaimedState> {
  const { stateDir, ports = {} } = options;
  ensurePrivateDir(stateDir);
  const runDir = wrapped(new RunDir(options.runDir), ports.runDir);
  if (!options.takeOwnership) checkOwnership(stateDir, options.host);
  const identity = readIdentity(stateDir);
  const servedBefore = readOwner(stateDir) !== undefined;
  const opened = scope.use(await openStore(join(stateDir, 'control.db'), { runDir, clock, servedBefore }));
  const store = wrapped(opened, ports.store);
  // The gate takes a living owner and a socket for a control that listens: what a killed control left goes first.
  await clearStaleSocket(runDir.file(controlSocket));
  writeOwner(stateDir, { host: options.host, bootId: options.bootId, pid, runDir: runDir.path });
  return { runDir, identity, store, owners: wrapped(new OwnerTokens(stateDir, clock), ports.owners) };
}

function wrapped<T>(port: T, wrap: ((port: T) => T) | undefined): T {
  return wrap ? wrap(port) : port;
}

/** How long another control that holds the database may take until it answers. */
const startingTimeoutMs = 1500;
const pollIntervalMs = 100;

/** `already_running` where the other one is a control, `store_locked` where it is not. */
async function openStore(file: string, at: { runDir: RunDir; clock: Clock; servedBefore: boolean }): Promise<Store> {
  const { runDir, clock, servedBefore } = at;
  for (let waitedMs = 0; ; waitedMs += pollIntervalMs) {
    try {
      return openSqliteStore(file, { servedBefore });
    } catch (error) {
      if (!isCodedError<ControlErrorCode>(error, 'already_running')) throw error;
      if (await answers(runDir.file(controlSocket))) throw error;
      if (waitedMs >= startingTimeoutMs) throw lockedError(file, error);
      await clock.sleep(pollIntervalMs);
    }
  }
}
