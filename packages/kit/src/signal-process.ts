// Sends a signal to a process that may have ended meanwhile.

import { errnoOf } from './coded-error.ts';

/** `pid` as kill(2) takes it: a negative one is a process group. Does nothing where the process is gone or another user's. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // On macOS a group that holds only zombies answers EPERM.
    if (errnoOf(error) !== 'ESRCH' && errnoOf(error) !== 'EPERM') throw error;
  }
}
