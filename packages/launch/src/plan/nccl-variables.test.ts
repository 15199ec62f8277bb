import { expect, it } from 'vitest';
import { ncclVariables } from './nccl-variables.ts';
import { planDeployment } from './plan-deployment.ts';

it('ncclVariables makes a variable of each setting, for gloo too where it takes the names', () => {
  const nccl = { socketIfname: 'ib0', ibHca: 'mlx5_0', ibTimeout: 22, gidIndex: 3, debug: 'INFO' as const };
  expect(ncclVariables({ nccl })).toEqual({
    NCCL_SOCKET_IFNAME: 'ib0',
    GLOO_SOCKET_IFNAME: 'ib0',
    NCCL_IB_HCA: 'mlx5_0',
    NCCL_IB_TIMEOUT: '22',
    NCCL_IB_GID_INDEX: '3',
    NCCL_DEBUG: 'INFO',
  });
  expect(ncclVariables({ nccl: { socketIfname: '^lo,docker0' } })).toEqual({ NCCL_SOCKET_IFNAME: '^lo,docker0' });
  expect(ncclVariables({})).toEqual({});
});

it('the settings of nccl are variables of the engine, and `env` of the engine is stronger', () => {
  const cluster = {
    nccl: { socketIfname: 'ib0', ibTimeout: 22 },
    engines: { vllm: { env: { NCCL_IB_TIMEOUT: '18' } } },
  };
  expect(planDeployment({ what: 'a/b', nodes: 2 }, {}, cluster).engineSettings.env).toMatchObject({
    NCCL_SOCKET_IFNAME: 'ib0',
    GLOO_SOCKET_IFNAME: 'ib0',
    NCCL_IB_TIMEOUT: '18',
  });
});
