import { silentLog, systemClock } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import type { CommandRunner, RunResult } from '@fairlead/scheduler';
import { describe, expect, it } from 'vitest';
import { checkGpus } from './check-gpus.ts';
import type { GpuFacts, GpuReport } from './gpu-facts.ts';
import { judgeNodeGpus } from './judge-node-gpus.ts';

const gpu = (index: number, more: Partial<GpuFacts> = {}): GpuFacts => ({
  index,
  uuid: `GPU-${index}aaa`,
  name: 'NVIDIA A100',
  totalMib: 40_960,
  usedMib: 4,
  computeCapability: 8,
  faults: [],
  ...more,
});
const report = (more: Partial<GpuReport> = {}): GpuReport => ({
  vendor: 'nvidia',
  gpus: [gpu(0), gpu(1)],
  processes: [],
  slices: [],
  ...more,
});
const seen = (visible: string) => ({ CUDA_VISIBLE_DEVICES: visible });

describe('judgeNodeGpus', () => {
  it('leaves indices as they are, and tells what the weakest GPU can do', () => {
    const mixed = report({ gpus: [gpu(0), gpu(1, { name: 'Tesla T4', computeCapability: 7.5 })] });
    const verdict = judgeNodeGpus(mixed, { gpus: 2, share: 0.9, env: seen('0,1') });
    expect(verdict).toEqual({ ok: true, env: {}, notes: [], gpu: { name: 'Tesla T4', computeCapability: 7.5 } });
  });

  it.each([
    ['names of GPUs', report(), 'GPU-1aaa,GPU-0aaa', 2, '0,1'],
    ['the beginning of a name', report(), 'GPU-1a', 1, '1'],
    ['indices of the node where the job sees its own alone', report(), '2,3', 2, '0,1'],
    ['the only slice', report({ gpus: [gpu(0)], slices: ['MIG-x'] }), 'MIG-x', 1, '0'],
  ])('sets indices in place of %s', (_what, of, visible, gpus, indices) => {
    const verdict = judgeNodeGpus(of, { gpus, env: seen(visible) });
    expect(verdict).toMatchObject({
      ok: true,
      env: { CUDA_VISIBLE_DEVICES: indices, CUDA_DEVICE_ORDER: 'PCI_BUS_ID' },
      notes: [expect.stringContaining(visible)],
    });
  });

  it('says why no index can stand for one slice of several, and starts the engine all the same', () => {
    const verdict = judgeNodeGpus(report({ slices: ['MIG-x', 'MIG-y'] }), { gpus: 1, env: seen('MIG-y') });
    expect(verdict).toMatchObject({ ok: true, env: {}, notes: [expect.stringContaining('the node shows 2 slices')] });
  });

  it('brings all variables of AMD to one list, because each would be applied to what the others left', () => {
    const verdict = judgeNodeGpus(report({ vendor: 'amd' }), { gpus: 1, env: { ROCR_VISIBLE_DEVICES: '1' } });
    const env = { HIP_VISIBLE_DEVICES: '1', CUDA_VISIBLE_DEVICES: '1', ROCR_VISIBLE_DEVICES: undefined };
    expect(verdict).toMatchObject({ ok: true, env, notes: [] });
  });

  it.each([
    ['too few GPUs', report({ gpus: [gpu(0)] }), '0,1', 2, /asked for 2 GPUs, and the node shows it 1/, false],
    [
      'a broken GPU',
      report({ gpus: [gpu(0), gpu(1, { faults: ['it needs a reset'] })] }),
      '1',
      1,
      /GPU 1 .* is broken/,
      false,
    ],
    ['two slices', report({ slices: ['MIG-x', 'MIG-y'] }), 'MIG-x,MIG-y', 2, /CUDA lets a process use one/, false],
    [
      'a GPU that another process holds',
      report({
        gpus: [gpu(0, { usedMib: 30_000 })],
        processes: [{ pid: 7, name: 'python', uuid: 'GPU-0aaa', usedMib: 29_990 }],
      }),
      '0',
      1,
      /27 % of the memory of GPU 0 .* takes 90 %: held by process 7 \(python\) with 29990 MiB/,
      true,
    ],
  ])('refuses %s', (_what, of, visible, gpus, why, mayPass) => {
    const verdict = judgeNodeGpus(of, { gpus, share: 0.9, env: seen(visible) });
    expect(verdict).toMatchObject({ ok: false, why: expect.stringMatching(why), mayPass });
  });

  it('does not look at the memory of GPUs that the job does not have, nor where the need is not known', () => {
    const full = report({ gpus: [gpu(0, { usedMib: 40_000 }), gpu(1)] });
    expect(judgeNodeGpus(full, { gpus: 1, share: 0.9, env: seen('1') }).ok).toBe(true);
    expect(judgeNodeGpus(full, { gpus: 1, env: seen('0') }).ok).toBe(true);
  });
});

describe('checkGpus', () => {
  const { signal } = new AbortController();
  const wish = { gpus: 1, share: 0.9, env: seen('0') };
  const answers = (answer: (argv: readonly string[]) => Partial<RunResult> | 'absent'): CommandRunner => ({
    async run(argv) {
      const said = answer(argv);
      if (said === 'absent') throw Object.assign(new Error('spawn ENOENT'), { code: 'ENOENT' });
      return { code: 0, stdout: '', stderr: '', ...said };
    },
  });
  const check = (runner: CommandRunner, clock = systemClock) =>
    checkGpus(
      wish,
      { hostname: 'gpu07.site', env: { SLURMD_NODENAME: 'gpu07' }, clock, log: silentLog, runner },
      signal,
    );

  it('says nothing where there is no program to ask', async () => {
    expect(await check(answers(() => 'absent'))).toEqual({ env: {}, notes: [] });
  });

  it('names the node whose driver fails, with the failure that the kernel reports', async () => {
    const broken = answers(([program]) =>
      program === 'dmesg'
        ? { stdout: '[12.3] NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off the bus.\n' }
        : { code: 9, stdout: 'Unable to determine the device handle for GPU0000:3B:00.0: Unknown Error\n' },
    );
    await expect(check(broken)).rejects.toMatchObject({
      code: 'gpu_unfit',
      message: expect.stringMatching(
        /on gpu07\.site .*Unable to determine .*\(the kernel reports Xid 79 of PCI:0000:3b:00\)/,
      ),
      hint: expect.stringContaining('--exclude=gpu07)'),
      badNode: 'gpu07',
    });
    await expect(check(answers(() => ({ code: null, timedOut: true })))).rejects.toThrow(/does not answer within 30 s/);
  });

  it('asks an older driver for less', async () => {
    const old = answers((argv) => {
      if (argv.join(' ').includes('compute_cap'))
        return { code: 2, stdout: 'Field "compute_cap" is not a valid field to query.' };
      return argv.join(' ').includes('--query-gpu') ? { stdout: '0, GPU-0, Tesla V100, 16160, 0\n' } : {};
    });
    expect(await check(old)).toEqual({ env: {}, notes: [], gpu: { name: 'Tesla V100' } });
  });

  it('asks AMD where there is no NVIDIA', async () => {
    const card0 = { 'Card series': 'MI100' };
    const amd = answers(([program]) => (program === 'rocm-smi' ? { stdout: JSON.stringify({ card0 }) } : 'absent'));
    expect(await check(amd)).toMatchObject({ env: { HIP_VISIBLE_DEVICES: '0' }, gpu: { name: 'MI100' } });
  });

  it('waits for memory that becomes free, and gives up after half a minute', async () => {
    const clock = new ManualClock();
    let used = 40_000;
    const full = answers((argv) =>
      argv.join(' ').includes('--query-gpu') ? { stdout: `0, GPU-0, A100, 40960, ${used}\n` } : {},
    );
    const waiting = check(full, clock);
    await clock.advance(1_000);
    used = 10;
    await clock.advance(2_000);
    expect(await waiting).toMatchObject({ gpu: { name: 'A100' } });
    used = 40_000;
    const refused = expect(check(full, clock)).rejects.toThrow(
      /2 % of the memory of GPU 0 .* no process of it can be seen/,
    );
    await clock.advance(30_000, 1_000);
    await refused;
  });
});
