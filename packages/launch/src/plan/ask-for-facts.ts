// Which facts of a model and a cluster are asked for before a plan, and when. A plan is a help: what cannot be learnt stops no deployment.

import { plannedEngine } from '@fairlead/config';
import type { ModelFacts } from '@fairlead/planner';

import { readClusterFiles } from '../model-facts/folder-files.ts';
import { decodeFound, learnFromHub } from '../model-facts/learn-from-hub.ts';
import type { Run } from '../machine.ts';
import type { Site } from '../site/open-site.ts';
import { askForGpus } from './ask-for-gpus.ts';
import type { DeployRequest } from './deploy-request.ts';
import { type DeploymentPlan, factsOf, type KnownFacts } from './plan-deployment.ts';

/** Facts of a model that is no preset; undefined where they are not needed or not to be had. */
export async function askHub(plan: DeploymentPlan, request: DeployRequest, run: Run): Promise<ModelFacts | undefined> {
  if (!isPlannable(plan, request) || factsOf(plan.model)) return undefined;
  const learnt = await learnFromHub(plan.model, run);
  return learnt.ok ? learnt.model : undefined;
}

interface Asking {
  site: Pick<Site, 'cluster' | 'host' | 'paths'>;
  plan: DeploymentPlan;
  /** What was known before the cluster was reached. */
  early: KnownFacts;
  request: DeployRequest;
  run: Run;
}

export interface AskedFacts extends KnownFacts {
  /** Why the model is not planned, where the site is known and nothing is of the model. */
  unplanned?: string;
}

export async function askCluster({ site, plan, early, request, run }: Asking): Promise<AskedFacts> {
  if (!isPlannable(plan, request)) return early;
  const gpus = early.site ?? (await askForGpus(site, run));
  const known = early.model ?? factsOf(plan.model);
  if (known || !gpus || gpus.places.length === 0) return { site: gpus, model: early.model };
  const { host, cluster } = site;
  const hubCache = cluster.config.env?.['HF_HUB_CACHE'] ?? below(cluster.config.env?.['HF_HOME']);
  const { runner, label } = host;
  const there = decodeFound(
    plan.model,
    await readClusterFiles(plan.model, { runner, label, hubCache, signal: run.signal }),
  );
  const learnt = there.ok || early.site ? there : await learnFromHub(plan.model, run);
  if (learnt.ok) return { site: gpus, model: learnt.model };
  return { site: gpus, unplanned: `${plan.model} is not planned, because ${learnt.reason}` };
}

function isPlannable({ engine, model }: DeploymentPlan, { plan = true }: DeployRequest): boolean {
  return engine === plannedEngine && plan && model.includes('/');
}

function below(hfHome: string | undefined): string | undefined {
  return hfHome === undefined ? undefined : `${hfHome}/hub`;
}
