// How jobs reach the bastion: as configured, else as this machine does, with ssh_config's names made whole.

import type { BastionConfig, BastionRoute, LaptopProfile } from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { routeFromCluster } from '../job/job-files.ts';
import { resolveRoute } from '../ssh/open-route.ts';

export async function routeForJobs(
  bastion: BastionConfig | undefined,
  profile: LaptopProfile,
  context: Context,
): Promise<BastionRoute> {
  const target = await resolveRoute(
    { ...profile.bastion.route, user: profile.bastion.route.user ?? profile.bastion.user },
    context,
  );
  return routeFromCluster(profile, bastion?.fromCluster, target);
}
