// `pnpm fuzz [target…] [--cases n] [--seed n]`: feeds damaged input to everything that takes bytes from outside, and stops at the first failure.

import { parseArgs } from 'node:util';

import { allTargets } from './all-targets.ts';
import { runFuzz } from './run-fuzz.ts';
import { compareSshConfigs, hasOpenSsh } from './ssh-config-difference.ts';

/** Cases of all targets together. */
const defaultCases = 110_000;
/** Each case is a process of ssh. */
const sshConfigs = 2_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { cases: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
const isNamed = (name: string) => positionals.length === 0 || positionals.includes(name);
const targets = allTargets.filter(({ name }) => isNamed(name));
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const each = Math.ceil(Number(values.cases ?? defaultCases) / Math.max(targets.length, 1));

if (
  values.help ||
  (targets.length === 0 && !isNamed('ssh_config')) ||
  !Number.isInteger(seed) ||
  !Number.isInteger(each)
) {
  console.log(`usage: pnpm fuzz [target…] [--cases <all together>] [--seed <n>]
targets: ${[...allTargets.map(({ name }) => name), 'ssh_config'].map((name) => JSON.stringify(name)).join(' ')}`);
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
if (isNamed('ssh_config')) failed += await compareConfigs();
console.log(`${fed} inputs, ${failed} targets failed`);
process.exit(failed === 0 ? 0 : 1);

/** Compares our reader of ssh_config with `ssh -G`; resolves with the number of failures. */
async function compareConfigs(): Promise<number> {
  if (!(await hasOpenSsh())) {
    console.log('skipped ssh_config: there is no OpenSSH to compare with');
    return 0;
  }
  try {
    const { compared, equal, refused } = await compareSshConfigs({ cases: sshConfigs, seed });
    console.log(
      `ok      ${'ssh_config'.padEnd(28)} ${compared} configurations, ${equal} equal, ${refused} refused by ours`,
    );
    return 0;
  } catch (error) {
    console.log(`FAILED  ssh_config: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}
