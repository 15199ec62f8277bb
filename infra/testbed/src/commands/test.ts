// `test` and `test-vllm`: run the scenarios with vitest, or say what this machine lacks for them and count them as skipped.

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMissingHere } from '../requirements.ts';
import { prepareRealVllm } from '../real-vllm/prepare-real-vllm.ts';

const scenarios = fileURLToPath(new URL('../scenarios/', import.meta.url));
const checkout = fileURLToPath(new URL('../../../../', import.meta.url));

/** `testbed`: a few seconds each. `vllm`: a real vLLM, minutes. */
type Lane = 'testbed' | 'vllm';

const isOfVllm = (file: string) => file.startsWith('real-vllm/');

/** The scenarios of the testbed; with `real` those of the other lane after them. */
export async function testCommand(args: readonly string[], options: { real?: boolean }): Promise<number> {
  if (!options.real) return runLane('testbed', args);
  // A file name in `args` is of one of the lanes.
  const both = [...args, '--passWithNoTests'];
  return (await runLane('testbed', both)) || runLane('vllm', both);
}

export async function testVllmCommand(args: readonly string[]): Promise<number> {
  return runLane('vllm', args);
}

async function runLane(lane: Lane, args: readonly string[]): Promise<number> {
  const missing = findMissingHere();
  const noVllm = lane === 'vllm' && missing.length === 0 ? await prepareRealVllm() : undefined;
  if (noVllm !== undefined) missing.push(noVllm);
  if (missing.length > 0) {
    const skipped = readdirSync(scenarios, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.scenario.ts') && isOfVllm(file) === (lane === 'vllm'),
    ).length;
    for (const line of missing) process.stdout.write(`testbed: ${line}\n`);
    process.stdout.write(`Tests  0 passed, 0 failed, ${skipped} skipped (scenario files)\n`);
    return 0;
  }
  const vitest = join(
    dirname(createRequire(join(checkout, 'package.json')).resolve('vitest/package.json')),
    'vitest.mjs',
  );
  const config = { testbed: 'infra/testbed/vitest.config.ts', vllm: 'infra/testbed/vitest.vllm.config.ts' }[lane];
  const argv = [vitest, 'run', '--config', config, ...args];
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(process.execPath, argv, { cwd: checkout, stdio: 'inherit' });
  child.on('error', reject);
  child.on('exit', (code) => resolve(code ?? 1));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return promise;
}
