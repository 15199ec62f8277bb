// The program of doctor's test job: tries on a compute node what an agent would do, and prints one JSON line for each thing tried.

import { readFile } from 'node:fs/promises';

import { systemClock } from '@fairlead/kit';

import { probeSpec } from './probe-spec.ts';
import { runProbe } from './run-probe.ts';

const file = process.argv[process.argv.indexOf('--spec') + 1] ?? '';
const spec = probeSpec.parse(JSON.parse(await readFile(file, 'utf8')));
const ended = new AbortController();
for (const signal of ['SIGTERM', 'SIGUSR2'] as const) process.on(signal, () => ended.abort(new Error('told to end')));
await runProbe(spec, {
  clock: systemClock,
  env: process.env,
  signal: ended.signal,
  say: (line) => process.stdout.write(`${JSON.stringify(line)}\n`),
});
process.exit();
