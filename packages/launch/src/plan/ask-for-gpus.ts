// Asks a cluster without a site profile which GPUs its partitions have.

import { errorText, isCodedError } from '@fairlead/kit';
import { createSlurmInventory } from '@fairlead/scheduler';

import type { Run } from '../machine.ts';
import type { Site } from '../site/open-site.ts';
import { slurmSite } from '../site/slurm-site.ts';
import { type SiteFacts, slurmFacts } from './site-facts.ts';

/** Undefined for a local cluster, and where Slurm gives no answer: then the settings stand. */
export async function askForGpus(
  { cluster, host, paths }: Pick<Site, 'cluster' | 'host' | 'paths'>,
  run: Run,
): Promise<SiteFacts | undefined> {
  if (cluster.config.kind === 'local') return undefined;
  try {
    const inventory = createSlurmInventory(host.runner, slurmSite(cluster.config, paths));
    return slurmFacts(cluster.name, await inventory.partitions(run.signal));
  } catch (error) {
    run.signal.throwIfAborted();
    if (!isCodedError(error)) throw error;
    run.tell({
      type: 'warning',
      message: `could not ask Slurm for its GPUs (${errorText(error)}): deploying with the settings as they are`,
    });
    return undefined;
  }
}
