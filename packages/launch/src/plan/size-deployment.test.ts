import type { ClusterConfig, FairleadConfig } from '@fairlead/config';
import { builtInModels, builtInSites, placesOfSite } from '@fairlead/planner';
import type { SlurmPartition } from '@fairlead/scheduler';
import { describe, expect, it } from 'vitest';

import type { DeployRequest } from './deploy-request.ts';
import { planDeployment } from './plan-deployment.ts';
import { type SiteFacts, slurmFacts } from './site-facts.ts';

function factsOfSite(name: string): SiteFacts {
  const site = builtInSites.find((one) => one.name === name)!;
  return { title: site.title, from: name, places: placesOfSite(site), ...(site.cost ? { cost: site.cost } : {}) };
}

const alpine = factsOfSite('curc-alpine');
const capella = factsOfSite('tud-capella');

function planOn(
  site: SiteFacts,
  request: Omit<DeployRequest, 'what'> & { what?: string },
  { cluster = {}, config = {} }: { cluster?: ClusterConfig; config?: FairleadConfig } = {},
) {
  return planDeployment({ what: 'qwen3-32b-fp8', ...request }, config, cluster, { site });
}

const whyOf = (plan: { reasons: readonly { of: string; why: string }[] }, of: string) =>
  plan.reasons.find((reason) => reason.of === of)?.why;

describe('A deployment on a site', () => {
  it('takes partition, GPUs, split, memory, CPUs, time and cost from the plan', () => {
    const plan = planOn(alpine, {});
    expect(plan).toMatchObject({ partition: 'al40', gpus: 2, mem: '128G', cpusPerTask: 16, timeMinutes: 240 });
    expect(plan.cost).toEqual({ perHour: 217.2, wholeJob: 868.8, unit: 'SU' });
    expect(plan.engineSettings).toMatchObject({ args: [], options: { tensorParallel: 2, maxModelLen: 32_768 } });
    expect(whyOf(plan, 'place')).toMatch(/^al40 \(l40:48\): aa100 would take 2 GPUs .* ami100 does not fit$/);
  });

  it('says of each flag and setting that it was not planned', () => {
    const plan = planOn(
      alpine,
      { time: '02:00:00', context: 16_384 },
      { cluster: { slurm: { partition: 'aa100', mem: '99G', cpusPerTask: 3 } } },
    );
    expect(plan).toMatchObject({ partition: 'aa100', mem: '99G', cpusPerTask: 3, timeMinutes: 120 });
    expect(whyOf(plan, 'time')).toBe('02:00:00, from --time');
    expect(whyOf(plan, 'memory')).toBe('99G, from slurm.mem');
    expect(plan.engineSettings).toMatchObject({ args: [], options: { maxModelLen: 16_384 } });
  });

  it('takes the number of GPUs that --gpus says, and refuses one that does not do', () => {
    expect(planOn(capella, { gpus: 4 })).toMatchObject({ gpus: 4, partition: 'capella' });
    expect(() => planOn(alpine, { what: 'llama-3.1-70b-fp8', gpus: 1 })).toThrow(
      expect.objectContaining({ code: 'does_not_fit', message: expect.stringMatching(/fits nowhere on CURC Alpine/) }),
    );
    expect(() => planOn(capella, { gpus: 5 })).toThrow(/its nodes have 4 GPUs: got 5/);
  });

  it('says that a partition or GPU type of the settings is not of the site, and deploys unplanned', () => {
    const withSettings = (cluster: ClusterConfig) => planOn(alpine, {}, { cluster }).risks;
    expect(withSettings({ gpu: { type: 'h200' } })).toEqual([
      'gpu.type h200 is not in curc-alpine, so this was not planned. GPUs there: a100:40, l40:48, mi100:32',
    ]);
    expect(withSettings({ slurm: { partition: 'atesting_a100' } })).toEqual([
      'slurm.partition atesting_a100 is not in curc-alpine, so this was not planned. Partitions with GPUs there: aa100, al40, ami100',
    ]);
    expect(withSettings({ slurm: { partition: 'aa100' }, gpu: { type: 'l40' } })).toEqual([
      'gpu.type l40 is not in curc-alpine, so this was not planned. GPUs of aa100 there: a100:40',
    ]);
    expect(withSettings({ slurm: { partition: 'aa100' }, gpu: { type: 'a100' } })).not.toContainEqual(
      expect.stringMatching(/not planned/),
    );
  });

  it('leaves an engine without GPUs as its preset has it', () => {
    const mine = { model: 'Qwen/Qwen3-32B-FP8', gpus: 0, mem: '8G' };
    const plan = planOn(alpine, { what: 'mine' }, { config: { presets: { mine } } });
    expect(plan).toMatchObject({ gpus: 0, mem: '8G', reasons: [] });
    expect(plan.partition).toBeUndefined();
  });

  it('reads context and split from the arguments of a preset of your own, and keeps them', () => {
    const mine = {
      model: 'Qwen/Qwen3-32B-FP8',
      args: ['--max_model_len=8192', '-tp', '2', '--enable-prefix-caching'],
    };
    const plan = planOn(capella, { what: 'mine' }, { config: { presets: { mine } } });
    expect(plan).toMatchObject({ gpus: 2, servedModel: 'Qwen/Qwen3-32B-FP8' });
    expect(plan.engineSettings.args).toEqual(mine.args);
    expect(plan.engineSettings.options).toEqual({ maxNumSeqs: 64, gpuMemoryUtilization: 0.92 });
    expect(whyOf(plan, 'KV cache')).toContain('4 × 8192 tokens');
  });

  it('plans with the split that the settings say, and refuses one that the heads of the model forbid', () => {
    const withSplit = (options: object, request: object = {}) =>
      planOn(alpine, { what: 'qwen3-8b', ...request }, { cluster: { engines: { vllm: options } } });
    const { options: two } = withSplit({ tensorParallel: 2 }).engineSettings;
    expect(two).toMatchObject({ tensorParallel: 2 });
    expect(two).not.toHaveProperty('pipelineParallel');
    expect(withSplit({ pipelineParallel: 3 })).toMatchObject({
      gpus: 3,
      engineSettings: { options: { tensorParallel: 1, pipelineParallel: 3 } },
    });
    expect(() => withSplit({ tensorParallel: 3 })).toThrow(/qwen3-8b has 32 heads, which 3 does not divide/);
    expect(() => withSplit({ tensorParallel: 2 }, { gpus: 3 })).toThrow(/cannot be split over the GPUs of/);
    expect(withSplit({ tensorParallel: 1 }, { gpus: 2 }).engineSettings.options).toMatchObject({ pipelineParallel: 2 });
  });

  it('counts the GPUs of all copies of the model', () => {
    const cluster = { engines: { vllm: { dataParallel: 2 } as object } };
    const plan = planOn(alpine, { what: 'qwen3-8b' }, { cluster });
    expect(plan).toMatchObject({ gpus: 2, engineSettings: { options: { dataParallel: 2 } } });
    expect(plan.engineSettings.options).not.toHaveProperty('tensorParallel');
    const both: object = { tensorParallel: 2, dataParallel: 2 };
    const wide = planOn(capella, { what: 'qwen3-8b' }, { cluster: { engines: { vllm: both } } });
    expect(wide).toMatchObject({ gpus: 4, engineSettings: { options: both } });
  });

  it('shares the experts of a model out among the GPUs of all its copies, over nodes too', () => {
    const cluster = { engines: { vllm: { dataParallel: 16 } as object } };
    const plan = planOn(capella, { what: 'deepseek-r1', nodes: 4 }, { cluster });
    expect(plan).toMatchObject({ gpus: 4, nodes: 4, engineSettings: { options: { dataParallel: 16 } } });
    expect(plan.engineSettings.options).not.toHaveProperty('tensorParallel');
    const whole = { engines: { vllm: { dataParallel: 16, expertParallel: false } as object } };
    expect(() => planOn(capella, { what: 'deepseek-r1', nodes: 4 }, { cluster: whole })).toThrow('are not enough');
    const uneven = { engines: { vllm: { dataParallel: 8 } as object } };
    expect(() => planOn(capella, { what: 'qwen3-8b', nodes: 3 }, { cluster: uneven })).toThrow('cannot be split');
  });

  it('reads context and split from options too, and a flag of the command replaces them', () => {
    const mine = { model: 'Qwen/Qwen3-32B-FP8', options: { maxModelLen: 8192 } };
    const cluster = { engines: { vllm: { tensorParallel: 2 } as object } };
    const plan = planOn(capella, { what: 'mine' }, { config: { presets: { mine } }, cluster });
    expect(plan).toMatchObject({ gpus: 2 });
    const planned = { maxNumSeqs: 64, gpuMemoryUtilization: 0.92, tensorParallel: 2 };
    expect(plan.engineSettings).toMatchObject({ args: [], options: { ...planned, maxModelLen: 8192 } });
    expect(plan.engineSettings.options).not.toHaveProperty('reasoningParser');
    expect(whyOf(plan, 'KV cache')).toContain('4 × 8192 tokens');
    expect(() => planOn(alpine, { what: 'llama-3.1-405b-fp8' })).toThrow(/fits nowhere/);
    const asked = planOn(capella, { what: 'mine', context: 4096 }, { config: { presets: { mine } }, cluster });
    expect(asked.engineSettings.options).toEqual({ ...planned, maxModelLen: 4096 });
  });

  it.each([
    [{ what: 'llama-3.1-70b' }, /The smallest change that would do: .*fairlead deploy llama-3\.1-70b-fp8/],
    [{ what: 'qwen3-8b', gpus: 1, concurrency: 64 }, /would do: .*: fairlead deploy qwen3-8b --concurrency \d+\./],
  ])('that fits nowhere is refused with a command that would do: %j', (request, hint) => {
    expect(() => planOn(alpine, request)).toThrow(
      expect.objectContaining({ code: 'does_not_fit', hint: expect.stringMatching(hint) }),
    );
  });

  it('does not ask the planner with --no-plan, for a preset that says so, or for another engine', () => {
    const config = { presets: { mine: { model: 'meta-llama/Llama-3.1-405B-Instruct', gpus: 3, plan: false } } };
    expect(planOn(alpine, { what: 'llama-3.1-70b', plan: false, gpus: 3 })).toMatchObject({
      gpus: 3,
      reasons: [],
    });
    expect(planOn(alpine, { what: 'mine' }, { config })).toMatchObject({ gpus: 3, reasons: [] });
    expect(planOn(alpine, { what: 'demo' }, { config })).toMatchObject({ gpus: 0, reasons: [] });
  });

  it('is spread over nodes where the model needs it, or the user says so', () => {
    const spread = planOn(capella, { what: 'llama-3.1-405b-fp8' });
    expect(spread).toMatchObject({ nodes: 2, gpus: 4 });
    expect(spread.engineSettings.options).toMatchObject({ tensorParallel: 4, pipelineParallel: 2 });
    expect(spread.reasons.map(({ why }) => why).join('\n')).toContain('on 2 nodes');
    const asked = planOn(capella, { what: 'llama-3.1-70b', nodes: 2 });
    expect(asked).toMatchObject({ nodes: 2, gpus: 4 });
    expect(() => planOn(capella, { what: 'llama-3.1-70b', nodes: 99 })).toThrow(/at most \d+ nodes there: got 99/);
  });

  it('has the cost of a model that is not planned too, at the price of the setting', () => {
    const cluster = { cost: { perGpuHour: 2, unit: 'EUR' } };
    expect(planOn(alpine, { what: 'some/model', gpus: 2 }, { cluster }).cost).toEqual({
      perHour: 4,
      wholeJob: 16,
      unit: 'EUR',
    });
  });

  it('refuses flags of vLLM for another engine', () => {
    expect(() => planOn(alpine, { what: 'demo', context: 4096 })).toThrow(/settings of vLLM/);
  });
});

describe('A deployment on a cluster without a profile', () => {
  const partition = (name: string, gpus: SlurmPartition['gpus']): SlurmPartition => ({
    name,
    gpus,
    isDefault: false,
    isUp: true,
    nodes: 4,
    usableNodes: 4,
    maxCpus: 64,
    maxMemoryMb: 512 * 1024,
    maxMinutes: 120,
    features: [],
  });

  it('is planned on the GPU types that sinfo shows, and names the one it takes', () => {
    const site = slurmFacts('mine', [
      partition('cpu', []),
      partition('old', [{ type: 'gtx1080', perNode: 8 }]),
      partition('gpu', [
        { type: 'v100', perNode: 4 },
        { type: 'nvidia_h100_80gb_hbm3', perNode: 2 },
      ]),
    ]);
    expect(planOn(site, {})).toMatchObject({
      partition: 'gpu',
      gpuType: 'nvidia_h100_80gb_hbm3',
      gpus: 1,
      timeMinutes: 120,
    });
  });

  it('takes a type of unknown size as the smallest that holds the model', () => {
    const site = slurmFacts('mine', [partition('gpu', [{ type: 'a100', perNode: 4 }])]);
    expect(whyOf(planOn(site, { what: 'llama-3.1-8b' }), 'place')).toMatch(/^gpu \(a100:40\)/);
    expect(whyOf(planOn(site, { what: 'llama-3.1-70b' }), 'place')).toMatch(/^gpu \(a100:80\)/);
  });

  it('is not planned on a partition for tests, which ends it after minutes, unless its time is as short', () => {
    const gpus = [{ type: 'h100', perNode: 4 }];
    const test = { ...partition('test', gpus), maxMinutes: 20 };
    const site = slurmFacts('mine', [test, { ...partition('gpu', [{ type: 'a100', perNode: 4 }]), maxMinutes: 1440 }]);
    const plan = planOn(site, { what: 'qwen3-32b' });
    expect(plan).toMatchObject({ partition: 'gpu', gpus: 2, timeMinutes: 240 });
    expect(whyOf(plan, 'place')).toMatch(/test would take .* of h100:80.*, for 0\.33 h at most/);
    expect(planOn(site, { what: 'qwen3-32b', time: '10' })).toMatchObject({ timeMinutes: 10 });
    expect(planOn(slurmFacts('mine', [test]), {})).toMatchObject({ partition: 'test', timeMinutes: 20 });
  });

  it('is deployed with the settings as they are where no GPU type is known', () => {
    const site = slurmFacts('mine', [partition('gpu', [{ type: 'a100_3g.20gb', perNode: 4 }, { perNode: 2 }])]);
    expect(planOn(site, {})).toMatchObject({ gpus: 1, reasons: [] });
  });
});

it.each(builtInModels.map(({ name }) => name))('%s is planned on both sites, or refused with a reason', (what) => {
  for (const site of [alpine, capella]) {
    try {
      expect(planOn(site, { what }).reasons.length).toBeGreaterThan(5);
    } catch (error) {
      expect(error).toMatchObject({ code: 'does_not_fit', hint: expect.stringMatching(/change/) });
    }
  }
});
