import { CodedError } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { judgeSsh } from './laptop-checks.ts';

const both = [
  { host: 'gate', driver: 'ssh' as const },
  { host: 'login', driver: 'ssh2' as const },
];
const missing = async () => {
  throw new CodedError('ssh_unusable', 'there is none on the PATH', { hint: 'Install OpenSSH.' });
};

describe("judgeSsh, the doctor's word on the system's ssh,", () => {
  it.each([
    ['OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19', 'ok'],
    ['OpenSSH_10.0p2, LibreSSL 3.9.0', 'ok'],
    ['OpenSSH_7.6p1, OpenSSL 1.0.2', 'ok'],
    ['OpenSSH_7.4p1, OpenSSL 1.0.2k-fips', 'fail'],
    ['Dropbear v2022.83', 'fail'],
  ])('takes %s for %s where a host is reached with it', async (version, status) => {
    const finding = await judgeSsh(both, async () => version);
    expect(finding).toMatchObject({ status, found: `${version} logs in to gate (driver: ssh)` });
  });

  it('misses it only where it is needed', async () => {
    expect(await judgeSsh([{ host: 'login', driver: 'ssh2' as const }], missing)).toMatchObject({ status: 'ok' });
    expect(await judgeSsh(both, missing)).toMatchObject({ status: 'fail', todo: 'Install OpenSSH.' });
  });
});
