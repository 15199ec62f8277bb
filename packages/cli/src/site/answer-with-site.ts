// What a site profile answers of the questions of `fairlead init`. Pure.

import type { FairleadConfig } from '@fairlead/config';
import { defined } from '@fairlead/kit';

import type { InitArgs } from '../commands/init-questions.ts';
import type { ChosenSite } from './choose-site.ts';

/** The flags, completed: the cluster that is the site's already, else a new one of its name; its login host where none is configured. */
export function answerWithSite(args: InitArgs, { setting, profile }: ChosenSite, config: FairleadConfig): InitArgs {
  const clusters = Object.entries(config.clusters ?? {});
  const isTheSite = ([, { site, login }]: (typeof clusters)[number]) =>
    site === setting || (login?.host !== undefined && profile.login.includes(login.host));
  const cluster = args.cluster ?? clusters.find(isTheSite)?.[0] ?? profile.name;
  const known = config.clusters?.[cluster]?.login?.host;
  return {
    ...args,
    cluster,
    ...defined({ login: args.login ?? (known === undefined ? profile.login[0] : undefined) }),
  };
}

/** For the comment above the setting. */
export function siteNote({ profile }: ChosenSite): string {
  const partitions = profile.partitions.map(
    ({ name, gpu, gpusPerNode, maxHours }) =>
      `  ${name}: ${gpusPerNode} × ${gpu} a node${maxHours === undefined ? '' : `, up to ${maxHours} h`}`,
  );
  const price = profile.cost ? [`An hour of a GPU costs ${profile.cost.perGpuHour} ${profile.cost.unit}.`] : [];
  return [
    `${profile.title}. deploy chooses among its partitions; slurm.partition would settle for one:`,
    ...partitions,
    ...price,
  ].join('\n');
}
