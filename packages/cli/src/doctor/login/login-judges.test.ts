import { describe, expect, it } from 'vitest';

import { judgeBastionFromCluster } from './bastion-from-cluster.ts';
import { judgeQuota, judgeRead, parseQuota, readQuota } from './quota.ts';

const quota = `Disk quotas for user alice (uid 20001):
     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace
   nas:/export/home 9437184  10485760 11534336           81234  100000 110000
   /dev/sdb1 12345 0 0 77 0 0
`;

describe('A quota', () => {
  it('is read by file system, none where the limit is 0', () => {
    expect(parseQuota(quota)).toEqual([
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

  it('is read in the units that it is printed in, below the usual head', () => {
    const text = `Disk quotas for user alice (uid 20001):
     Filesystem   space   quota   limit   grace   files   quota   limit   grace
          /home    123G    200G    210G            812k   1000k   1100k
         /work   1.5T*   1024G   2T   6days   5   0   0
`;
    expect(parseQuota(text)).toEqual([
      {
        fileSystem: '/home',
        usedKb: 123 * 1024 ** 2,
        limitKb: 200 * 1024 ** 2,
        files: { used: 812_000, limit: 1_000_000 },
      },
      { fileSystem: '/work', usedKb: 1.5 * 1024 ** 3, limitKb: 1024 ** 3 },
    ]);
  });

  const said = (stdout: string, code = 0, stderr = '') => readQuota({ code, stdout, stderr });

  it.each([
    [
      'a program of the site that knows other options',
      said('Invalid option -w\nValid options are -h -n -a -p\n', 1),
      'Invalid option -w',
    ],
    ['one that prints other columns', said('home 123G 200G\n'), 'home 123G 200G'],
    ['a table in boxes', said('┌──────┬─────┐\n│ home │ 10T │ 12T │ 14T │\n└──────┴─────┘\n'), 'home 10T 12T 14T'],
    [
      'a server that does not answer',
      said('', 1, 'quota: Cannot get quota for nas: Connection refused'),
      'Connection refused',
    ],
    ['one that fails without a word', said('', 1), 'it ended with code 1'],
  ])('that could not be read is not taken for none: %s', (_what, read, words) => {
    const finding = judgeRead(read);
    expect(finding.status).toBe('warn');
    expect(finding.found).toContain('could not read the quota');
    expect(finding.found).toContain(words);
    expect(finding.found).not.toContain('no quota is set');
  });

  it('is none only where that is what was said', () => {
    for (const read of [said('Disk quotas for user alice (uid 20001): none\n'), said('')])
      expect(judgeRead(read)).toMatchObject({ status: 'ok', found: 'no quota is set for this account' });
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
