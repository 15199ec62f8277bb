import { describe, expect, it } from 'vitest';

import { compareSshConfigs, hasOpenSsh } from './ssh-config-difference.ts';

const cases = 304;
/** The same cases in every run; `pnpm fuzz` takes others each time. */
const seed = 715827187;

describe.skipIf(!(await hasOpenSsh()))(
  'our reader of ssh_config beside `ssh -G` (skipped where there is no OpenSSH)',
  () => {
    it('says the same of a configuration or refuses it, and never something else', { timeout: 120_000 }, async () => {
      const { compared, equal } = await compareSshConfigs({ cases: cases, seed: seed });
      expect(compared).toBeGreaterThanOrEqual(cases);
      // A reader that refuses everything would differ nowhere.
      expect(equal).toBeGreaterThan(cases / 5);
    });
  },
);
