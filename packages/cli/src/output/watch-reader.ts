// Notices that the reader of a pipe is gone while there is nothing to write: `fairlead events -f | head -2` would wait for the next event.

import { spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';

const stdout = 1;

/**
 * Calls `onGone` once when nothing reads stdout any more. Where it cannot be told (no pipe, no GNU tail), the next write tells.
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
