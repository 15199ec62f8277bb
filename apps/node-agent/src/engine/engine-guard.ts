// Ends the engine's process group when the agent dies without a chance to (SIGKILL), and removes the agent's directories on the node: a
// shell that waits for the end of a pipe which the agent alone holds. Under Slurm the cgroup ends the group too; nothing else
// removes the directory.

import { type ChildProcess, spawn } from 'node:child_process';
import { type Clock, detach, errorText, type Log, retryPassing, signalProcess } from '@fairlead/kit';

export interface EngineGuardOptions {
  /** The agent's own, on the node. */
  directories: readonly string[];
  clock: Clock;
  log: Log;
}

/**
 * Starts the guard by itself, again while the node has no room for a process; an engine without a guard is logged.
 * `disarm` when the engine is gone and its group's number may belong to another process.
 */
export function guardEngine(enginePid: number, { directories, clock, log }: EngineGuardOptions): { disarm(): void } {
  const over = new AbortController();
  let guard: ChildProcess | undefined;
  const start = () => {
    guard = spawnGuard(enginePid, directories);
    return started(guard);
  };
  const armed = retryPassing(start, { clock, random: () => 0.5, limitMs: Infinity, signal: over.signal });
  const onFailure = (error: unknown) => {
    if (!over.signal.aborted) log.warn({ op: 'engine.guard', ok: false, error: errorText(error) }, 'no guard is there');
  };
  detach(armed.catch(onFailure));
  return {
    disarm() {
      over.abort(new Error('the engine has ended'));
      if (guard?.pid !== undefined) signalProcess(guard.pid, 'SIGKILL');
    },
  };
}

/** A process that is being killed may still make a file: the directories are removed a second time then. */
const script = 'read -r _; kill -s KILL -- "-$1"; shift; [ $# -eq 0 ] || rm -rf -- "$@" || rm -rf -- "$@"';

function spawnGuard(enginePid: number, directories: readonly string[]): ChildProcess {
  return spawn('/bin/sh', ['-c', script, 'fairlead-guard', String(enginePid), ...directories], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
  });
}

/** `stdin` is undefined where there was no descriptor for its pipe. */
function started(guard: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  guard.once('spawn', resolve);
  guard.on('error', reject);
  // EPIPE: the guard was ended first.
  guard.stdin?.on('error', () => undefined);
  guard.unref();
  return promise;
}
