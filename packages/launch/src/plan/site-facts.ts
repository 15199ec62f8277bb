// What is known of a cluster before a job is planned for it: its GPUs and the price of an hour.

import { type ClusterConfig, readSite } from '@fairlead/config';
import { defined } from '@fairlead/kit';
import { type Place, placesOfPartitions, placesOfSite } from '@fairlead/planner';
import type { SlurmPartition } from '@fairlead/scheduler';

import type { Price } from './price.ts';

export interface SiteFacts {
  /** For people. */
  title: string;
  /** Where the facts come from. */
  from: string;
  places: readonly Place[];
  cost?: Price;
}

/** Those of the profile in `site`; undefined without one. Throws what `readSite` throws. */
export async function profileFacts({ site }: ClusterConfig, home: string): Promise<SiteFacts | undefined> {
  if (site === undefined) return undefined;
  const profile = await readSite(site, home);
  const { title, cost } = profile;
  return { title, from: `${title}, the profile ${site}`, places: placesOfSite(profile), ...defined({ cost }) };
}

/** Those that Slurm shows of its partitions. */
export function slurmFacts(cluster: string, partitions: readonly SlurmPartition[]): SiteFacts {
  return { title: cluster, from: `${cluster}, as sinfo shows it`, places: placesOfPartitions(partitions) };
}
