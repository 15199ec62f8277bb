// `fairlead init`: proposes the routes to the bastion that were found besides the configured ones, and adds those that a person wants.

import { asList, checkConfig, type ClusterRoute, type FairleadConfig } from '@fairlead/config';
import { maxRoutes, type SshRoute } from '@fairlead/protocol';

import type { Address } from '../bastion/bastion-addresses.ts';
import { findOutside } from '../bastion/find-more-routes.ts';
import type { Asker, Context } from '../context.ts';
import { nameOf } from '../ssh/open-routes.ts';

export interface RoutesFound {
  /** `ssh-ed25519 AAAA…` */
  hostKey: string;
  /** Of the bastion's addresses those that answer the login host. */
  inside: readonly Address[];
  /** Names of ~/.ssh/config. */
  sshHosts: readonly string[];
}

/** The same configuration where nothing is found, or nothing is wanted. */
export async function withMoreRoutes(
  config: FairleadConfig,
  found: RoutesFound,
  { ask, context }: { ask: Asker | undefined; context: Context },
): Promise<FairleadConfig> {
  const { bastion } = config;
  if (!bastion) return config;
  const fromLaptop = asList(bastion.fromLaptop);
  const outside = await findOutside(found.sshHosts, { hostKey: found.hostKey, routes: fromLaptop }, context);
  const inside = asRoutes(found.inside);
  if (outside.length + inside.length === 0) return config;
  const words = [
    outside.length > 0 && `from this machine by ${outside.map(nameOf).join(', ')} (bastion.fromLaptop)`,
    inside.length > 0 &&
      `from the login host by ${inside.map((route) => nameOf({ ...route, host: route.host ?? '' })).join(', ')} (bastion.fromCluster)`,
  ].filter((part) => part !== false);
  const sentence = `the bastion answers in other ways, too: ${words.join('; ')}`;
  context.output.event('routes.found', { fromLaptop: outside, fromCluster: inside }, sentence);
  if (!(await ask?.confirm('Use them where the first way fails? They are added to the configuration.', true)))
    return config;
  return checkConfig(withRoutes(config, { outside, inside }), 'these answers');
}

/** Pure. The configured ones stay first. */
export function withRoutes(
  config: FairleadConfig,
  { outside, inside }: { outside: readonly SshRoute[]; inside: readonly ClusterRoute[] },
): FairleadConfig {
  const bastion = config.bastion!;
  const fromLaptop = [...asList(bastion.fromLaptop), ...outside].slice(0, maxRoutes);
  // Without a setting jobs go as this machine does: that stays their first way.
  const before: readonly ClusterRoute[] = bastion.fromCluster ? asList(bastion.fromCluster) : [{}];
  return {
    ...config,
    bastion: {
      ...bastion,
      ...(outside.length > 0 && { fromLaptop }),
      ...(inside.length > 0 && { fromCluster: [...before, ...inside].slice(0, maxRoutes) }),
    },
  };
}

/** Names under which jobs reach the bastion already. */
export function namesForJobs({ bastion }: FairleadConfig): string[] {
  if (!bastion) return [];
  const routes: readonly ClusterRoute[] = bastion.fromCluster
    ? asList(bastion.fromCluster)
    : asList(bastion.fromLaptop);
  return routes.flatMap(({ host }) => (host === undefined ? [] : [host]));
}

function asRoutes(found: readonly Address[]): ClusterRoute[] {
  return found.map(({ host, port }) => (port === 22 ? { host } : { host, port }));
}
