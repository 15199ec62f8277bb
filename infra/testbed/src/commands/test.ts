// `test`: runs the scenarios with vitest, or says what this machine lacks for them and counts them as skipped.

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMissingHere } from '../requirements.ts';

const scenarios = fileURLToPath(new URL('../scenarios/', import.meta.url));
const checkout = fileURLToPath(new URL('../../../../', import.meta.url));

export async function testCommand(args: readonly string[], options: { real?: boolean }): Promise<number> {
  const missing = findMissingHere();
  if (missing.length > 0) {
    const skipped = readdirSync(scenarios, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.scenario.ts'),
    ).length;
    for (const line of missing) process.stdout.write(`testbed: ${line}\n`);
    process.stdout.write(`Tests  0 passed, 0 failed, ${skipped} skipped (scenario files)\n`);
    return 0;
  }
  const vitest = join(
    dirname(createRequire(join(checkout, 'package.json')).resolve('vitest/package.json')),
    'vitest.mjs',
  );
  const argv = [vitest, 'run', '--config', 'infra/testbed/vitest.config.ts', ...args];
  const env = { ...process.env, ...(options.real ? { FAIRLEAD_TESTBED_REAL: '1' } : {}) };
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(process.execPath, argv, { cwd: checkout, env, stdio: 'inherit' });
  child.on('error', reject);
  child.on('exit', (code) => resolve(code ?? 1));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return promise;
}
