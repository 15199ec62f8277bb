// Runs a piece of shell on the node and gives what it printed, cut after a time.

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

const timeoutMs = 45_000;

/** Never rejects because of what the shell does. Keeps the whole lines that it printed before the time limit. */
export async function runShell(script: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const child = spawn('sh', ['-c', `LC_ALL=C; export LC_ALL\n${script}`, 'sh', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: timeoutMs,
    signal,
  });
  const { promise, resolve } = Promise.withResolvers<string>();
  child.once('error', (error) => resolve(`fl_error=${error.message}\n`));
  text(child.stdout).then(resolve, (error: unknown) => resolve(`fl_error=${String(error)}\n`));
  return promise;
}
