import { expect, it } from 'vitest';
import { showEngineCommand } from './show-engine-command.ts';

const wanted = { model: 'org/model', servedModel: 'model', gpus: 4, args: [], env: { MINE: 'x' }, options: {} };
const job = { env: { SITE: 'y', NCCL_SOCKET_IFNAME: 'ib0' }, caches: {} };

it('showEngineCommand shows the part of each rank with what its agent sets, and no secret', () => {
  const { argv, ranks } = showEngineCommand('vllm', { ...wanted, nodes: 2 }, job);
  expect(argv).toEqual(ranks[0]?.argv);
  expect(ranks.map(({ rank }) => rank)).toEqual([0, 1]);
  expect(ranks[1]?.argv.join(' ')).toContain(
    '--nnodes 2 --node-rank 1 --master-addr <address of rank 0> --master-port <free port>',
  );
  const [, other] = ranks;
  expect(other?.env).toMatchObject({
    VLLM_HOST_IP: '<address of rank 1>',
    GLOO_SOCKET_IFNAME: '<interface to rank 0>',
    MINE: 'x',
    VLLM_API_KEY: '<key>',
  });
  expect(other?.env).not.toHaveProperty('SITE');
  expect(other?.env).not.toHaveProperty('NCCL_SOCKET_IFNAME');
});

it('showEngineCommand shows no ranks of an engine on one node', () => {
  expect(showEngineCommand('vllm', { ...wanted, nodes: 1 }, job).ranks).toEqual([]);
});

it('showEngineCommand shows the companion of each rank, and the engine on rank 0 alone', () => {
  const { argv, ranks } = showEngineCommand('vllm', { ...wanted, options: { executor: 'ray' }, nodes: 2 }, job);
  expect(ranks.map(({ rank, companion }) => [rank, companion])).toEqual([
    [0, 'Ray'],
    [0, undefined],
    [1, 'Ray'],
  ]);
  expect(argv).toEqual(ranks[1]?.argv);
  expect(ranks[0]?.argv.join(' ')).toContain('ray start --head --port=<free port>');
  expect(ranks[2]?.argv.join(' ')).toContain('ray start --address=<address of rank 0>:<free port> --block');
  expect(ranks[0]?.argv.join(' ')).toContain("--memory=<the job's memory>");
  expect(JSON.stringify(ranks)).not.toContain('<token>');
});
