import type { SlurmPartition } from '@fairlead/scheduler';
import { describe, expect, it } from 'vitest';

import { chooseSettings, pickPartition } from './init-choices.ts';
import { readEnvironment, type SiteFound } from './init-discover.ts';

function partition(name: string, more: Partial<SlurmPartition> = {}): SlurmPartition {
  return {
    name,
    isDefault: false,
    isUp: true,
    maxMinutes: 1440,
    nodes: 4,
    usableNodes: 4,
    gpus: [],
    maxCpus: 8,
    maxMemoryMb: 32_000,
    features: [],
    ...more,
  };
}

const a100 = [{ type: 'a100', perNode: 4 }];
const nothing: SiteFound = { partitions: [], engines: [] };

describe('pickPartition', () => {
  it('takes the default one where it has GPUs, else the one with most nodes that has', () => {
    const cpu = partition('cpu', { isDefault: true });
    const small = partition('small', { gpus: a100, usableNodes: 1 });
    const large = partition('large', { gpus: a100, usableNodes: 9 });
    const down = partition('down', { gpus: a100, usableNodes: 99, isUp: false });
    expect(pickPartition([cpu, small, large, down])?.name).toBe('large');
    expect(pickPartition([partition('gpu', { isDefault: true, gpus: a100 }), large])?.name).toBe('gpu');
    expect(pickPartition([cpu])).toBeUndefined();
  });
});

describe('Settings that nobody was asked for', () => {
  it('are those that are plain', async () => {
    const found: SiteFound = {
      ...nothing,
      partitions: [partition('gpu', { isDefault: true, gpus: a100, maxMinutes: 120 })],
      associations: [
        { account: 'lab', qos: [] },
        { account: 'other', qos: [] },
      ],
      scratch: '/scratch/me/',
      engines: [{ name: 'vllm', elsewhere: ['/home/me/.venv/bin/vllm'], modules: [] }],
    };
    expect(await chooseSettings({ login: { host: 'l' } }, found, undefined)).toEqual({
      login: { host: 'l' },
      slurm: { partition: 'gpu', time: '02:00:00' },
      gpu: { type: 'a100' },
      env: { HF_HOME: '/scratch/me/huggingface' },
      engines: { vllm: { command: ['/home/me/.venv/bin/vllm', 'serve'] } },
    });
  });

  it('never replace what is configured, and are none where nothing was found', async () => {
    const known = { slurm: { partition: 'mine' }, gpu: { type: 'h100' }, env: { HF_HOME: '/models' } };
    const found = { ...nothing, partitions: [partition('gpu', { gpus: a100 })], scratch: '/scratch/me' };
    expect(await chooseSettings(known, found, undefined)).toEqual(known);
    expect(await chooseSettings({}, nothing, undefined)).toEqual({});
  });
});

describe('readEnvironment', () => {
  it('keeps paths, lists, and nothing that is empty', () => {
    const text =
      'module avail said something\nscratch=/scratch/me\nhfHome=\nvllm.program=/opt/bin/vllm\nvllm.elsewhere1=/opt/bin/vllm\nvllm.elsewhere2=/home/me/v/bin/vllm\nvllm.module1=vllm/0.11\n';
    expect(readEnvironment(text)).toEqual({
      scratch: '/scratch/me',
      engines: [{ name: 'vllm', program: '/opt/bin/vllm', elsewhere: ['/home/me/v/bin/vllm'], modules: ['vllm/0.11'] }],
    });
  });
});
