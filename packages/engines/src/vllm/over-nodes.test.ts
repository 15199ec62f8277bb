import { Secret } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { engineCommand } from '../port/engine-command.ts';
import type { EngineNode, EnginePlace, EngineSettings } from '../port/engine-kind.ts';
import { vllm } from './vllm.ts';

const settings: EngineSettings = { args: [], env: {}, options: {} };

function started(rank: number, change: Partial<EngineSettings> = {}, env: NodeJS.ProcessEnv = {}) {
  const node: EngineNode = {
    rank,
    address: `10.0.0.${rank + 1}`,
    networkInterface: 'ib0',
    meeting: { address: '10.0.0.1', port: '41234' },
  };
  const place: EnginePlace = {
    nodePath: '/opt/node',
    engineSim: [],
    directory: '/tmp/fl-abc',
    socket: '/tmp/fl-abc/e.sock',
    port: '',
    engineKey: new Secret('fle-key'),
    node,
  };
  const wanted = { ...settings, ...change, model: 'org/model', servedModel: 'model', gpus: 4, nodes: 2 };
  return engineCommand({ kind: vllm, wanted, place, instanceId: 'i-1', env });
}

describe('vLLM over two nodes', () => {
  it('is led by rank 0, which alone listens', () => {
    expect(started(0).argv.join(' ')).toContain(
      'vllm serve org/model --served-model-name model --tensor-parallel-size 4 --pipeline-parallel-size 2 --nnodes 2 --node-rank 0 --master-addr 10.0.0.1 --master-port 41234 --distributed-timeout-seconds 300 --uds /tmp/fl-abc/e.sock',
    );
    expect(started(1).argv.join(' ')).toContain(
      'vllm serve org/model --served-model-name model --tensor-parallel-size 4 --pipeline-parallel-size 2 --nnodes 2 --node-rank 1 --master-addr 10.0.0.1 --master-port 41234 --distributed-timeout-seconds 300 --headless',
    );
  });

  it('is split as the settings say', () => {
    const words = (change: Partial<EngineSettings>) => started(1, change).argv.join(' ');
    expect(words({ options: { tensorParallel: 8 } })).toContain('--tensor-parallel-size 8 --nnodes');
    expect(words({ options: { pipelineParallel: 4 } })).toContain(
      '--tensor-parallel-size 2 --pipeline-parallel-size 4',
    );
    expect(words({ args: ['-tp', '8'] })).not.toContain('pipeline');
  });

  it('is told its own address and interface, unless the settings name others', () => {
    expect(started(1).env).toMatchObject({
      VLLM_HOST_IP: '10.0.0.2',
      GLOO_SOCKET_IFNAME: 'ib0',
      NCCL_SOCKET_IFNAME: 'ib0',
    });
    const env = { NCCL_SOCKET_IFNAME: '=eth1' };
    const chosen = { GLOO_SOCKET_IFNAME: 'ib0', NCCL_SOCKET_IFNAME: '=eth1' };
    expect(started(1, { env }).env).toMatchObject(chosen);
    expect(started(1, {}, env).env).toMatchObject(chosen);
  });

  it('keeps a time limit of the settings', () => {
    const { argv } = started(0, { args: ['--distributed-timeout-seconds', '900'] });
    expect(argv.filter((word) => word === '--distributed-timeout-seconds')).toHaveLength(1);
  });

  it.each<[Partial<EngineSettings>, string]>([
    [{ args: ['--nnodes', '2'] }, 'leave --nnodes out'],
    [{ args: ['--headless'] }, 'leave --headless out'],
    [{ args: ['--distributed-executor-backend', 'ray'] }, 'use the setting executor: ray'],
    [{ args: ['-dp', '2'] }, 'one copy of the model: got 2'],
    [{ options: { dataParallel: 4 } }, 'one copy of the model: got 4'],
    [{ args: ['-tp', '3'] }, 'needs 3 GPUs, which 2 nodes do not divide'],
    [{ options: { tensorParallel: 3, pipelineParallel: 3 } }, 'needs 9 GPUs, which 2 nodes do not divide'],
    [{ container: { kind: 'pyxis', image: '/x.sqsh' } }, 'use apptainer'],
  ])('refuses %j', (change, words) => {
    const [problem] = vllm.checkNodes?.({ ...settings, ...change }, 2) ?? [];
    expect(problem?.message).toContain(words);
  });

  it('takes other settings', () => expect(vllm.checkNodes?.({ ...settings, args: ['-tp', '8'] }, 2)).toEqual([]));
});
