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
