// Where things lie on a cluster. Facts only.

import { join } from 'node:path/posix';

import { type ClusterConfig, defaults } from '@fairlead/config';

import { expandHome, type HostFacts } from './host/host.ts';

export interface ClusterPaths {
  state: string;
  runtime: string;
  /** Below it, for each bastion, the keys with which jobs reach it. */
  keys: string;
  scratch?: string;
  cache?: string;
  tokenFile?: string;
  /** Where `fairlead setup` builds. */
  environments?: string;
}

/** Absolute paths on the cluster, where `config` is what `expandCluster` has made. */
export function clusterPaths(config: ClusterConfig, facts: Pick<HostFacts, 'home'>): ClusterPaths {
  const state = expandHome(config.paths?.state ?? defaults.stateDir, facts.home);
  return {
    state,
    runtime: config.paths?.runtime ? expandHome(config.paths.runtime, facts.home) : join(state, 'runtime'),
    keys: join(state, 'keys'),
    ...(config.paths?.scratch ? { scratch: expandHome(config.paths.scratch, facts.home) } : {}),
    ...(config.paths?.cache ? { cache: expandHome(config.paths.cache, facts.home) } : {}),
    ...(config.paths?.environments ? { environments: expandHome(config.paths.environments, facts.home) } : {}),
    ...(config.tokenFile ? { tokenFile: expandHome(config.tokenFile, facts.home) } : {}),
  };
}

export function jobDirOf(paths: ClusterPaths, instance: string): string {
  return join(paths.state, 'jobs', instance);
}
