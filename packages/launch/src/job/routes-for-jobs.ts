// How jobs reach the bastion: by the routes that are configured, else as this machine does, with ssh_config's names made whole.

import { defined } from '@fairlead/kit';
import { join } from 'node:path/posix';

import { asList, type BastionConfig, type ClusterRoute, defaults } from '@fairlead/config';
import type { BastionRoute, LaptopProfile } from '@fairlead/protocol';

import type { Run } from '../machine.ts';
import { expandHome } from '../host/host.ts';
import { routeFromCluster } from './job-files.ts';
import { hostAndPort } from '../login/host-and-port.ts';
import { resolveRoute } from '../login/open-route.ts';

interface ClusterAccount {
  user: string;
  home: string;
}

/** `account`: the account on the cluster whose files hold the key and the known hosts of a jump host. */
export async function routesForJobs(
  bastion: BastionConfig | undefined,
  { profile, account }: { profile: LaptopProfile; account: ClusterAccount },
  run: Run,
): Promise<BastionRoute[]> {
  const { routes, user } = profile.bastion;
  const targets = await Promise.all(routes.map((route) => resolveRoute({ ...route, user: route.user ?? user }, run)));
  const [first] = targets;
  const configured = bastion?.fromCluster && asList(bastion.fromCluster);
  const found = configured
    ? configured.map((route) => ({ ...routeFromCluster(profile, route, first!), ...jumpOf(route, account) }))
    : targets.map((target) => routeFromCluster(profile, undefined, target));
  // Routes of this machine may differ in what a job does not use: a jump host, a key.
  const isNew = (route: BastionRoute, index: number) =>
    found.findIndex(
      ({ host, port, jump }) => host === route.host && port === route.port && jump?.host === route.jump?.host,
    ) === index;
  return found.filter(isNew);
}

function jumpOf(
  { proxyJump, jumpIdentityFile = defaults.jumpIdentityFile, jumpHostKeys }: ClusterRoute,
  { user, home }: ClusterAccount,
): Pick<BastionRoute, 'jump'> {
  if (proxyJump === undefined || proxyJump === 'none') return {};
  const named = hostAndPort(proxyJump);
  const jump = {
    host: named.host,
    port: named.port ?? 22,
    user: named.user ?? user,
    identityFile: expandHome(jumpIdentityFile, home),
    ...defined({ hostKeys: jumpHostKeys }),
    knownHostsFiles: [join(home, '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
  };
  return { jump };
}
