// `logs`: the logs of the daemons of one host or of all.

import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findHost } from '../plan.ts';
import type { TestbedHandle } from '../testbed.ts';

export async function logsCommand(
  testbed: TestbedHandle,
  host: string | undefined,
  options: { follow?: boolean; lines: number },
): Promise<number> {
  if (host !== undefined) findHost(testbed.plan(), host);
  const directory = host === undefined ? testbed.logDir : join(testbed.logDir, host);
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .filter((file) => statSync(join(directory, file)).isFile());
  const argv = ['-v', '-n', String(options.lines), ...(options.follow ? ['-F'] : []), '--', ...files];
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn('tail', argv, { cwd: directory, stdio: ['ignore', 'inherit', 'inherit'] });
  child.on('error', reject);
  child.on('exit', (code) => resolve(code ?? 130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return promise;
}
