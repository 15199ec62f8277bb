// The variables by which the settings of `nccl` reach NCCL and gloo. Pure.

import type { ClusterConfig } from '@fairlead/config';

/** gloo takes plain names alone. */
const plainNames = /^[\w.-]+(?:,[\w.-]+)*$/;

export function ncclVariables({ nccl = {} }: Pick<ClusterConfig, 'nccl'>): Record<string, string> {
  const { socketIfname, ibHca, ibTimeout, gidIndex, debug } = nccl;
  const variables: Record<string, string | number | undefined> = {
    NCCL_SOCKET_IFNAME: socketIfname,
    GLOO_SOCKET_IFNAME: socketIfname !== undefined && plainNames.test(socketIfname) ? socketIfname : undefined,
    NCCL_IB_HCA: ibHca,
    NCCL_IB_TIMEOUT: ibTimeout,
    NCCL_IB_GID_INDEX: gidIndex,
    NCCL_DEBUG: debug,
  };
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
