// Maintains the run directory, which lies on a volatile disk where cleaners remove old files.

import { type Clock, type Guard, type Log, repeatEvery } from '@fairlead/kit';

import type { ControlSocket } from './control-socket.ts';
import type { RunDir } from './run-dir.ts';

export interface KeepRunDirDeps {
  runDir: RunDir;
  socket: ControlSocket;
  clock: Clock;
  log: Log;
  guard: Guard;
}

const pollIntervalMs = 2000;
/** Cleaners of /tmp remove files that are days old. */
const refreshIntervalMs = 3_600_000;

/** Runs until disposed: restores missing files, and renews the times of the others so that cleaners spare them. */
export function keepRunDir(deps: KeepRunDirDeps): AsyncDisposable {
  const { clock, guard } = deps;
  const ended = new AbortController();
  const keeping = repeatEvery(pollIntervalMs, keepTurn(deps), {
    op: 'run.restore',
    clock,
    guard,
    signal: ended.signal,
  });
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await keeping;
    },
  };
}

/** Returns a function that checks the directory once. It remembers when it last renewed the times. */
function keepTurn({ runDir, socket, clock, log }: KeepRunDirDeps): () => Promise<void> {
  let refreshedMs = clock.monotonicMs();
  return async () => {
    const made = [...runDir.restore(), ...(await socket.restore())];
    if (made.length > 0) log.warn({ op: 'run.restore', ok: true, made }, 'something had taken it: made again');
    if (clock.monotonicMs() - refreshedMs < refreshIntervalMs) return;
    refreshedMs = clock.monotonicMs();
    runDir.refresh();
  };
}
