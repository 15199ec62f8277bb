// What `deploy <model>` would know before it plans, for a model that is no preset.

import type { FairleadConfig } from '@fairlead/config';
import {
  askCluster,
  type AskedFacts,
  askHub,
  type KnownFacts,
  planDeployment,
  type Run,
  type Site,
} from '@fairlead/launch';

interface Learning {
  what: string;
  config: FairleadConfig;
  place: Pick<Site, 'cluster' | 'host' | 'paths'>;
  early: KnownFacts;
  run: Run;
}

/** Asks the hub, else the cluster. Throws the signal's reason, and what makes the settings no plan. */
export async function learnFacts({ what, config, place, early, run }: Learning): Promise<AskedFacts> {
  const request = { what, name: 'doctor' };
  // Whether it fits is decided with the facts.
  const plan = planDeployment({ ...request, plan: false }, config, place.cluster.config);
  const model = await askHub(plan, request, run);
  return askCluster({ site: place, plan, early: { ...early, model }, request, run });
}
