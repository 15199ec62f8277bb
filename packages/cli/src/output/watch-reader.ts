// Notices that the reader of a pipe is gone although there is nothing to write: `fairlead events -f | head -2` would wait for the next event.

import { spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';

const stdout = 1;

/**
 * Calls `onGone` once when stdout has no reader any more. Without a pipe or GNU tail it never calls: the next write fails instead.
 *
 * Node has no poll(2) for a descriptor that is only written to. `tail -f` of coreutils 8.28 and newer looks for exactly this and
 * ends by SIGPIPE; with --pid it ends with this process, however that ends.
 */
export function watchReader(onGone: () => void): Disposable {
  if (process.platform !== 'linux' || !fstatSync(stdout).isFIFO()) return { [Symbol.dispose]: () => undefined };
  const args = ['-f', `--pid=${process.pid}`, '/dev/null'];
  const child = spawn('tail', args, { stdio: ['ignore', stdout, 'ignore'], env: { PATH: process.env['PATH'] } });
  // There is no tail here.
  child.on('error', () => undefined);
  child.on('exit', (_code, signal) => {
    if (signal === 'SIGPIPE') onGone();
  });
  child.unref();
  return { [Symbol.dispose]: () => void child.kill() };
}
