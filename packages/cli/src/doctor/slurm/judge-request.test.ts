import { defined } from '@fairlead/kit';
import type { SlurmPartition } from '@fairlead/scheduler';
import { describe, expect, it } from 'vitest';

import type { DeploymentPlan } from '@fairlead/launch';
import { judgeCommands } from './commands.ts';
import { judgeShellSettings } from './shell-settings.ts';
import { judgeGpu, judgePartition, judgeTime } from './judge-request.ts';
import type { WantedJob } from './wanted-job.ts';

const gpu: SlurmPartition = {
  name: 'gpu',
  isDefault: true,
  isUp: true,
  maxMinutes: 120,
  nodes: 2,
  usableNodes: 2,
  gpus: [{ type: 'a100', perNode: 4 }],
  maxCpus: 8,
  maxMemoryMb: 1,
  features: [],
};
const untyped: SlurmPartition = { ...gpu, gpus: [{ perNode: 4 }], features: ['ib', 'gpu_A100'] };
const mixed: SlurmPartition = { ...gpu, gpus: [{ perNode: 4 }, { type: 'h100', perNode: 4 }] };
const cpu: SlurmPartition = { ...gpu, name: 'cpu', isDefault: false, gpus: [] };

function wanted(plan: Partial<DeploymentPlan>, more: Partial<WantedJob> = {}): WantedJob {
  return { plan: { gpus: 1, timeMinutes: 60, ...plan } as DeploymentPlan, timeFrom: 'slurm.time', ...more };
}

describe('judgePartition', () => {
  it.each([
    ['one that is there', 'gpu', [gpu, cpu], [], 'ok'],
    ['the default one', undefined, [gpu, cpu], [], 'ok'],
    ['none where there is no default', undefined, [cpu], [], 'fail'],
    ['an unknown one', 'gpus', [gpu, cpu], [], 'fail'],
    ['one that is down', 'gpu', [{ ...gpu, isUp: false }], [], 'fail'],
    ['one that is drained', 'gpu', [gpu], [{ name: 'gpu', state: 'DRAIN' }], 'fail'],
    ['one without a node that works', 'gpu', [{ ...gpu, usableNodes: 0 }], [], 'fail'],
    ['several', 'gpu,cpu', [gpu, cpu], [], 'ok'],
  ] as const)('%s', (_what, partition, partitions, rules, status) =>
    expect(judgePartition(defined({ partition }), partitions, rules).status).toBe(status),
  );

  it('names the nearest and all that there are', () => {
    const finding = judgePartition({ partition: 'gpus' }, [gpu, cpu], []);
    expect(finding).toMatchObject({ found: expect.stringContaining('did you mean gpu?') as unknown });
    expect(finding.todo).toContain('gpu, cpu');
  });
});

describe('judgeGpu', () => {
  it.each([
    ['a type that is there', wanted({}, { gpuType: 'a100' }), gpu, 'ok'],
    ['any type', wanted({}), gpu, 'ok'],
    ['another type', wanted({}, { gpuType: 'h100' }), gpu, 'fail'],
    ['more than a node has', wanted({ gpus: 8 }), gpu, 'fail'],
    ['a partition without any', wanted({}), cpu, 'warn'],
    ['a type where there are none', wanted({}, { gpuType: 'a100' }), cpu, 'fail'],
    ['a type where GPUs have none', wanted({}, { gpuType: 'a100' }), untyped, 'warn'],
    ['a type where some GPUs have none', wanted({}, { gpuType: 'a100' }), mixed, 'warn'],
    ['a typed one beside GPUs without', wanted({}, { gpuType: 'h100' }), mixed, 'ok'],
    ['more than a node has where GPUs have no type', wanted({ gpus: 8 }, { gpuType: 'a100' }), untyped, 'fail'],
    ['no partition to look at', wanted({}), undefined, 'ok'],
  ] as const)('%s', (_what, what, partition, status) =>
    expect(judgeGpu(what, partition, [gpu, cpu]).status).toBe(status),
  );
});

it('judgeGpu says that a type cannot be checked where GPUs have none, and which feature chooses them', () => {
  const finding = judgeGpu(wanted({}, { gpuType: 'a100' }), untyped, [untyped]);
  expect(finding.found).toContain('the type a100 cannot be checked');
  expect(finding.todo).toContain('slurm.constraint: gpu_A100');
});

describe('judgeShellSettings', () => {
  const answers = new Map([
    ['SBATCH_ACCOUNT', 'chem-7'],
    ['SLURM_ACCOUNT', 'chem-7'],
  ]);

  it('names an account that only the shell sets, and the setting for it', () =>
    expect(judgeShellSettings(answers, {})).toEqual({
      status: 'warn',
      found: 'your shell sets an account that Fairlead does not use (SBATCH_ACCOUNT=chem-7, SLURM_ACCOUNT=chem-7)',
      todo: 'If jobs need it, set `account: chem-7` below slurm in the configuration of this cluster.',
    }));

  it('is content where the configuration says it, and where nothing is set', () => {
    expect(judgeShellSettings(answers, { account: 'lab' }).status).toBe('ok');
    expect(judgeShellSettings(new Map(), {}).status).toBe('ok');
  });
});

describe('judgeTime', () => {
  it('fails above the limit of the partition alone', () => {
    expect(judgeTime(wanted({ timeMinutes: 120 }), gpu).status).toBe('ok');
    expect(judgeTime(wanted({ timeMinutes: 121 }), gpu)).toMatchObject({
      status: 'fail',
      todo: expect.stringContaining('02:00:00') as unknown,
    });
    expect(judgeTime(wanted({ timeMinutes: 99_999 }), { ...gpu, maxMinutes: Number.POSITIVE_INFINITY }).status).toBe(
      'ok',
    );
  });
});

describe('judgeCommands', () => {
  const all = ['sbatch', 'squeue', 'scancel', 'scontrol', 'sinfo', 'sacct', 'sacctmgr'];
  const answers = (without: string, login = '') =>
    new Map([
      ...all.filter((name) => name !== without).map((name) => [name, `/bin/${name}`] as const),
      ['login', login],
    ]);

  it('needs sbatch, and would like sacct', () => {
    expect(judgeCommands(answers('')).status).toBe('ok');
    expect(judgeCommands(answers('sbatch')).status).toBe('fail');
    expect(judgeCommands(answers('sacct')).status).toBe('warn');
  });

  it('looks in the directory that the configuration names', () => {
    expect(judgeCommands(answers('sbatch'), '/opt/slurm/bin').found).toContain('slurm.binDir (/opt/slurm/bin)');
    expect(judgeCommands(answers(''), '/opt/slurm/bin').status).toBe('ok');
  });

  it('says where a login shell finds it', () =>
    expect(judgeCommands(answers('sbatch', '/opt/slurm/bin/sbatch')).todo).toContain('/opt/slurm/bin'));
});
