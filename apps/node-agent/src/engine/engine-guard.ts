// Ends the engine's process group when the agent dies without a chance to (SIGKILL): a shell that waits for the end of
// a pipe which the agent alone holds. Under Slurm the cgroup would do; on a local cluster nothing else does.

import { spawn } from 'node:child_process';
import { signalProcess } from './end-engine.ts';

/** `disarm` when the engine is gone and its group's number may belong to somebody else. */
export function guardEngine(enginePid: number): { disarm(): void } {
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -s KILL -- "-$1"', 'fairlead-guard', String(enginePid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  // No shell, no guard; and the pipe breaks when the guard is ended first.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return {
    disarm() {
      if (guard.pid !== undefined) signalProcess(guard.pid, 'SIGKILL');
    },
  };
}
