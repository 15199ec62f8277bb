// Where things lie on this machine and on a host. Facts only.

import { join } from 'node:path';
import { join as posixJoin } from 'node:path/posix';

import type { ClusterConfig } from '@fairlead/protocol';

import type { Context } from './context.ts';
import { expandHome, type HostFacts } from './host/host.ts';

export const DEFAULT_STATE_DIR = '~/.local/share/fairlead';

export function cacheDir(context: Pick<Context, 'env' | 'home'>): string {
  return join(context.env['XDG_CACHE_HOME'] || join(context.home, '.cache'), 'fairlead');
}

/** What Node has compiled of our commands. */
export function compileCacheDir(context: Pick<Context, 'env' | 'home'>): string {
  return join(cacheDir(context), 'compiled');
}

export interface ClusterPaths {
  state: string;
  runtime: string;
  /** Below it, for each bastion, the keys with which jobs reach it. */
  keys: string;
  scratch?: string;
  tokenFile?: string;
}

/** Absolute paths on the cluster, where `config` is what `expandCluster` has made. */
export function clusterPaths(config: ClusterConfig, facts: Pick<HostFacts, 'home'>): ClusterPaths {
  const state = expandHome(config.paths?.state ?? DEFAULT_STATE_DIR, facts.home);
  return {
    state,
    runtime: config.paths?.runtime ? expandHome(config.paths.runtime, facts.home) : posixJoin(state, 'runtime'),
    keys: posixJoin(state, 'keys'),
    ...(config.paths?.scratch ? { scratch: expandHome(config.paths.scratch, facts.home) } : {}),
    ...(config.tokenFile ? { tokenFile: expandHome(config.tokenFile, facts.home) } : {}),
  };
}

export function jobDirOf(paths: ClusterPaths, instance: string): string {
  return posixJoin(paths.state, 'jobs', instance);
}
