import { sshVersion } from '@fairlead/tunnel';
import { describe, expect, it } from 'vitest';

import { compareSshConfigs } from './ssh-config-difference.ts';

const hasSsh = await sshVersion(process.env).then(
  (version) => version.includes('OpenSSH'),
  () => false,
);
const CASES = 320;

describe.skipIf(!hasSsh)('our reader of ssh_config beside `ssh -G` (skipped where there is no OpenSSH)', () => {
  it('says the same of a configuration or refuses it, and never something else', { timeout: 60_000 }, async () => {
    const seed = Math.floor(Date.now() % 2 ** 31);
    const { compared, equal } = await compareSshConfigs({ cases: CASES, seed });
    expect(compared).toBeGreaterThanOrEqual(CASES);
    // A reader that refuses everything would differ nowhere.
    expect(equal).toBeGreaterThan(CASES / 5);
  });
});
