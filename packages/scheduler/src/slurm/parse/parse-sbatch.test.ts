import { describe, expect, test } from 'vitest';
import { parseSbatch, parseTestOnly } from './parse-sbatch.ts';

describe('parseSbatch', () => {
  test.each([
    ['123\n', '', { jobId: '123' }],
    ['123;tb\n', '', { jobId: '123', cluster: 'tb' }],
    ['lua: you have 3 jobs\n2026 hours left\n\n77;tb\nHave a nice day\n', '', { jobId: '77', cluster: 'tb' }],
    ['', 'sbatch: plugin moved stdout\n88\n', { jobId: '88', isInDoubt: true }],
    ['998877\n', 'sbatch: no partition specified, using default partition gpu\n', { jobId: '998877' }],
    ['Submitted batch job 998877\nBalance after job\n4200\n', '', { jobId: '998877' }],
    ['4200\nSubmitted batch job 998877 estimates 2 SUs from allocation x.\n', '', { jobId: '998877' }],
    ['INFO: that job\n', '4100\nSubmitted batch job 998877\n', { jobId: '998877' }],
    ['998877\n4200\n', '', { jobId: '998877', isInDoubt: true }],
    ['4200\n998877;tb\n', '', { jobId: '998877', cluster: 'tb' }],
    [
      '--- Welcome to the Machine3 Supercomputer ---\nNo reservation for this job\n--> Verifying valid submit host (login1)...OK\n31\n',
      '',
      { jobId: '31', isInDoubt: true },
    ],
    ['Submitted batch job 9\n', '', { jobId: '9' }],
    ['Submitted batch job 9 on cluster tb\n', '', { jobId: '9', cluster: 'tb' }],
    ['', 'sbatch: error: nope\n', undefined],
    ['', '', undefined],
  ])('reads %j', (stdout, stderr, job) => expect(parseSbatch(stdout, stderr)).toEqual(job));
});

describe('parseTestOnly', () => {
  test.each([
    [
      'sbatch: Job 2 to start at 1795231807 using 1 processors on nodes node1 in partition gpu\n',
      { estimatedStartMs: 1_795_231_807_000, processors: 1, nodes: 'node1', partition: 'gpu' },
    ],
    [
      'sbatch: lua: hello\nsbatch: Job 2 to start at 2026-11-20T23:56:22 a using 4 processors on nodes node[1-2] in partition gpu',
      {
        estimatedStartMs: Date.UTC(2026, 10, 20, 23, 56, 22),
        processors: 4,
        nodes: 'node[1-2]',
        partition: 'gpu',
      },
    ],
    [
      'sbatch: Job 1234 to start at 1795231807 using 12 processors on node7',
      { estimatedStartMs: 1_795_231_807_000, processors: 12, nodes: 'node7' },
    ],
  ])('reads %j', (stderr, estimate) => {
    expect(parseTestOnly(stderr)).toMatchObject(estimate);
    expect(stderr).toContain(parseTestOnly(stderr)?.text);
  });

  test('finds no estimate in a refusal', () =>
    expect(parseTestOnly('allocation failure: Requested node configuration is not available\n')).toBeUndefined());
});
