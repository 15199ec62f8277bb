// A short run of the fuzzer; `pnpm fuzz` runs it longer.

import { describe, expect, it } from 'vitest';

import { allTargets } from './all-targets.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { runFuzz } from './run-fuzz.ts';

/** Together over 2,000. Always other inputs: a failure prints its seed, which `pnpm fuzz --seed` repeats. */
const cases = 60;
const seed = Math.floor(Date.now() % 2 ** 31);

describe('Damaged input', () => {
  it.each(allTargets.map((target) => [target.name, target] as const))(
    'is refused by %s, which goes on',
    async (_name, target) => {
      const report = await runFuzz(target, { cases, seed });
      expect(report.cases).toBeGreaterThanOrEqual(cases);
    },
    60_000,
  );

  it('that a target handles badly is reported with its seed', async () => {
    const broken: FuzzTarget = {
      name: 'broken',
      samples: [Buffer.from('abc')],
      open: async () => ({
        feed: (input) => {
          if (input.includes('\0')) throw new TypeError('a zero');
        },
        prove: () => undefined,
        async [Symbol.asyncDispose]() {},
      }),
    };
    await expect(runFuzz(broken, { cases: 2_000, seed })).rejects.toThrow(/seed: \d+[\s\S]*a zero/);
  });
});
