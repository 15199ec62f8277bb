import { describe, expect, test } from 'vitest';
import { logPath, type LocalRequest, readRequest } from './read-request.ts';

const job = { name: 'fl-x', scriptPath: '/s', workDir: '/w' };
const read = (...lines: string[]) =>
  readRequest(['#!/bin/bash', ...lines.map((line) => `#SBATCH ${line}`)].join('\n'), job);

describe('readRequest', () => {
  test.each<[string, Partial<LocalRequest>]>([
    ['--time=1:30', { limitMs: 90_000 }],
    ['-t 2', { limitMs: 120_000 }],
    ['--time=UNLIMITED', { limitMs: null }],
    [
      '--comment=x',
      { limitMs: null, warning: null, gpus: 0, openMode: 'truncate', exported: '', stdoutPattern: 'slurm-%j.out' },
    ],
    ['--signal=B:USR2@300', { warning: { signal: 'SIGUSR2', aheadMs: 300_000 } }],
    ['--signal=B:TERM', { warning: { signal: 'SIGTERM', aheadMs: 60_000 } }],
    ['--signal=B:10@5', { warning: { signal: 'SIGUSR1', aheadMs: 5000 } }],
    ['--signal=USR2@300', { warning: null }],
    ['--gres=gpu:2', { gpus: 2 }],
    ['--gres=gpu', { gpus: 1 }],
    ['--gres=gpu:a100:4', { gpus: 4 }],
    ['--gpus-per-node=h100:2', { gpus: 2 }],
    ['-G 3', { gpus: 3 }],
    ['--open-mode=append', { openMode: 'append' }],
    ['--export=NONE', { exported: 'NONE' }],
    ['--nodes=1', { gpus: 0 }],
  ])('reads %s', (line, expected) => expect(read(line)).toMatchObject({ ok: true, request: expected }));

  test.each([
    ['--nodes=2', 'node_config_unavailable'],
    ['--time=soon', 'time_limit_invalid'],
    ['--time=0', 'time_limit_invalid'],
    ['--gres=fpga:1', 'gres_invalid'],
    ['--gpus=many', 'gres_invalid'],
  ])('refuses %s', (line, code) => expect(read(line)).toMatchObject({ ok: false, kind: 'never-retry', code }));

  test('refuses what is no script', () =>
    expect(readRequest('echo', job)).toMatchObject({ ok: false, code: 'script_invalid' }));

  test('lets the submission override the limit', () =>
    expect(readRequest('#!/bin/bash\n#SBATCH -t 5', { ...job, timeLimitMinutes: 0.5 })).toMatchObject({
      request: { limitMs: 30_000 },
    }));
});

test('a relative log lies in the working directory', () => {
  const facts = { jobId: '4', jobName: 'fl-x', user: 'alice', node: 'box' };
  expect(logPath('slurm-%j.out', '/w', facts)).toBe('/w/slurm-4.out');
  expect(logPath('/l/%x', '/w', facts)).toBe('/l/fl-x');
});
