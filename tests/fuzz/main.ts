// `pnpm fuzz [target…] [--cases n] [--seed n]`: damaged input for everything that takes bytes from outside, until one is taken badly.

import { parseArgs } from 'node:util';

import { ALL_TARGETS } from './all-targets.ts';
import { runFuzz } from './run-fuzz.ts';

/** Of all targets together. */
const DEFAULT_CASES = 110_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { cases: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
const targets = ALL_TARGETS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const each = Math.ceil(Number(values.cases ?? DEFAULT_CASES) / Math.max(targets.length, 1));

if (values.help || targets.length === 0 || !Number.isInteger(seed) || !Number.isInteger(each)) {
  console.log(`usage: pnpm fuzz [target…] [--cases <all together>] [--seed <n>]
targets: ${ALL_TARGETS.map(({ name }) => JSON.stringify(name)).join(' ')}`);
  process.exit(values.help ? 0 : 2);
}

let failed = 0;
let fed = 0;
console.log(`seed ${seed}, ${each} inputs for each of ${targets.length} targets`);
for (const target of targets) {
  const startedAt = performance.now();
  try {
    const report = await runFuzz(target, { cases: each, seed });
    fed += report.cases;
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(
      `ok      ${target.name.padEnd(28)} ${report.cases} inputs in ${seconds.toFixed(1)} s, ${Math.round(report.residentBytes / 2 ** 20)} MiB`,
    );
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${target.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`${fed} inputs, ${failed} targets failed`);
process.exit(failed === 0 ? 0 : 1);
