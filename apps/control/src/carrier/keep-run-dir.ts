// Looks after the run directory: it lies on a volatile disk, and cleaners take what is old there.

import { type Clock, errorText, type Log, untilOver } from '@fairlead/kit';

import type { ControlSocket } from './control-socket.ts';
import type { RunDir } from './run-dir.ts';

export interface KeepRunDirDeps {
  runDir: RunDir;
  socket: ControlSocket;
  clock: Clock;
  log: Log;
}

const LOOK_EVERY_MS = 2000;
/** Cleaners of /tmp count in days. */
const REFRESH_EVERY_MS = 3_600_000;

/** Runs until disposed: makes again what is gone, and keeps young what is there. */
export function keepRunDir(deps: KeepRunDirDeps): AsyncDisposable {
  const ended = new AbortController();
  const keeping = keep(deps, ended.signal);
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await keeping;
    },
  };
}

async function keep({ runDir, socket, clock, log }: KeepRunDirDeps, signal: AbortSignal): Promise<void> {
  let refreshedMs = clock.monotonicMs();
  let failing = false;
  for (;;) {
    await untilOver(clock.sleep(LOOK_EVERY_MS, signal), signal);
    if (signal.aborted) return;
    try {
      const made = [...runDir.restore(), ...(await socket.restore())];
      if (made.length > 0) log.warn({ op: 'run.restore', ok: true, made }, 'something had taken it: made again');
      if (clock.monotonicMs() - refreshedMs >= REFRESH_EVERY_MS) {
        refreshedMs = clock.monotonicMs();
        runDir.refresh();
      }
      failing = false;
    } catch (error) {
      const said = { op: 'run.restore', ok: false, error: errorText(error) };
      if (failing) log.debug(said);
      else log.error(said, 'cannot keep the run directory as it should be: tries again every 2 s');
      failing = true;
    }
  }
}
