import { describe, expect, it } from 'vitest';

import { judgeBastionFromCluster } from './bastion-from-cluster.ts';
import { judgeQuota, parseQuota } from './quota.ts';

const QUOTA = `Disk quotas for user alice (uid 20001):
     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace
   nas:/export/home 9437184  10485760 11534336           81234  100000 110000
   /dev/sdb1 12345 0 0 77 0 0
`;

describe('A quota', () => {
  it('is read by file system, none where the limit is 0', () => {
    expect(parseQuota(QUOTA)).toEqual([
      {
        fileSystem: 'nas:/export/home',
        usedKb: 9_437_184,
        limitKb: 10_485_760,
        files: { used: 81_234, limit: 100_000 },
      },
      { fileSystem: '/dev/sdb1', usedKb: 12_345 },
    ]);
    expect(parseQuota('/home 200* 100 150 6days 5 0 0')).toEqual([{ fileSystem: '/home', usedKb: 200, limitKb: 100 }]);
    expect(parseQuota('Disk quotas for user alice (uid 20001): none\n')).toEqual([]);
  });

  it.each([
    ['none', [], 'ok'],
    ['with room', [{ fileSystem: '/', usedKb: 0, limitKb: 9_999_999 }], 'ok'],
    ['with little room', [{ fileSystem: '/', usedKb: 0, limitKb: 500_000 }], 'warn'],
    ['used up', [{ fileSystem: '/', usedKb: 200, limitKb: 100 }], 'fail'],
    ['used up by number', [{ fileSystem: '/', usedKb: 1, files: { used: 99, limit: 100 } }], 'fail'],
  ] as const)('%s', (_what, rows, status) => expect(judgeQuota(rows).status).toBe(status));
});

describe("The bastion's name inside", () => {
  const at = { host: 'b', port: 22 };
  it.each([
    ['known and answering', { asked: 'yes', addresses: '10.0.0.1 ', banner: 'SSH-2.0' }, false, 'ok'],
    ['unknown', { asked: 'yes', addresses: '', closed: 'yes' }, false, 'fail'],
    ['unknown here, to be tried by a job', { asked: 'yes', addresses: '', closed: 'yes' }, true, 'warn'],
    ['known and silent', { asked: 'yes', addresses: '10.0.0.1', closed: 'yes' }, false, 'warn'],
  ] as const)('%s', (_what, answers, willRun, status) =>
    expect(judgeBastionFromCluster(at, new Map(Object.entries(answers)), willRun).status).toBe(status),
  );
});
