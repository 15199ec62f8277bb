import { describe, expect, it } from 'vitest';

import { compareSshConfigs, hasOpenSsh } from './ssh-config-difference.ts';

const cases = 304;
/** The same cases in every run; `pnpm fuzz` uses others each time. */
const seed = 715827187;

describe.skipIf(!(await hasOpenSsh()))(
  'our reader of ssh_config beside `ssh -G` (skipped where there is no OpenSSH)',
  () => {
    it('reads a configuration as ssh does, or refuses it', { timeout: 120_000 }, async () => {
      const { compared, equal } = await compareSshConfigs({ cases, seed });
      expect(compared).toBeGreaterThanOrEqual(cases);
      // A reader that refuses everything would never differ.
      expect(equal).toBeGreaterThan(cases / 5);
    });
  },
);
