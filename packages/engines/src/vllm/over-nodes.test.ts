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
    [{ args: ['-tp', '3'] }, 'needs 3 GPUs, which 2 nodes do not divide'],
    [{ options: { tensorParallel: 3, pipelineParallel: 3 } }, 'needs 9 GPUs, which 2 nodes do not divide'],
    [{ container: { kind: 'pyxis', image: '/x.sqsh' } }, 'use apptainer'],
  ])('refuses %j', (change, words) => {
    const [problem] = vllm.checkNodes?.({ ...settings, ...change }, 2) ?? [];
    expect(problem?.message).toContain(words);
  });

  it('takes other settings', () => expect(vllm.checkNodes?.({ ...settings, args: ['-tp', '8'] }, 2)).toEqual([]));
});

describe('Copies of a model over two nodes', () => {
  const words = (rank: number, change: Partial<EngineSettings>) => started(rank, change).argv.join(' ');

  it('are as many on each node, and only rank 0 listens', () => {
    const options = { dataParallel: 4, expertParallel: true };
    const both =
      'vllm serve org/model --served-model-name model --tensor-parallel-size 2 --data-parallel-size 4 --enable-expert-parallel --data-parallel-size-local 2 --data-parallel-address 10.0.0.1 --data-parallel-rpc-port 41234';
    expect(words(0, { options })).toContain(`${both} --distributed-timeout-seconds 300 --uds /tmp/fl-abc/e.sock`);
    expect(words(1, { options })).toContain(
      `${both} --data-parallel-start-rank 2 --distributed-timeout-seconds 300 --headless`,
    );
    expect(words(1, { options })).not.toMatch(/--nnodes|--node-rank|--master|--pipeline/);
  });

  it('may be asked for by an argument, and each split by more than one way', () => {
    expect(words(1, { args: ['-dp', '2'] })).toContain('--tensor-parallel-size 4 -dp 2 --data-parallel-size-local 1');
    expect(words(1, { args: ['--data-parallel-size=2'], options: { pipelineParallel: 2 } })).toContain(
      '--tensor-parallel-size 2 --pipeline-parallel-size 2 --data-parallel-size=2 --data-parallel-size-local 1',
    );
  });

  it('know their own address and interface too', () => {
    expect(started(1, { args: ['-dp', '2'] }).env).toMatchObject({
      VLLM_HOST_IP: '10.0.0.2',
      GLOO_SOCKET_IFNAME: 'ib0',
    });
  });

  it.each<[Partial<EngineSettings>, number, string]>([
    [{ args: ['-dp', '3'] }, 2, '2 nodes cannot have as many of 3 copies each: take dataParallel: 4'],
    [{ options: { dataParallel: 2 } }, 4, 'take dataParallel: 4, or deploy one copy 2 times, each with --nodes 2'],
    [{ options: { dataParallel: 2 }, args: ['-dpr', '1'] }, 2, 'leave -dpr out: the agents'],
    [{ options: { dataParallel: 2 }, args: ['--data-parallel-address', 'x'] }, 2, 'leave --data-parallel-address out'],
    [{ options: { dataParallel: 2 }, args: ['--data-parallel-hybrid-lb'] }, 2, 'server of the first node alone'],
    [{ options: { dataParallel: 2 }, args: ['--data-parallel-rank', '1'] }, 2, 'server of the first node alone'],
    [{ options: { dataParallel: 2, executor: 'ray' } }, 2, 'leave Ray (executor: ray) out'],
    [{ options: { dataParallel: 2 }, args: ['-dpb', 'ray'] }, 2, 'leave Ray (executor: ray) out'],
  ])('are refused: %j over %d nodes', (change, nodes, why) => {
    const problems = vllm.checkNodes?.({ ...settings, ...change }, nodes) ?? [];
    expect(problems.map(({ message }) => message).join('; ')).toContain(why);
  });

  it.each([2, 4, 16])('%d of them are taken', (dataParallel) =>
    expect(vllm.checkNodes?.({ ...settings, options: { dataParallel, tensorParallel: 3 } }, 2)).toEqual([]),
  );
});
