// From control's list of deployments to the names that members can ask for: the model's own name, its adapters, and the deployment's name.

import { defined } from '@fairlead/kit';
import {
  type DeploymentView,
  type EndpointView,
  type InstanceView,
  isEnded,
  isServing,
  leadInstance,
} from '@fairlead/protocol';

import { addToTable } from './add-to-table.ts';
import type { ModelTable, Offer, OfferedModel } from './offer.ts';

/** `endpoints`: of each deployment that has an instance which can be reached. Deployments that have ended are left out. */
export function buildModelTable(
  deployments: readonly DeploymentView[],
  endpoints: ReadonlyMap<string, readonly EndpointView[]>,
): ModelTable {
  const table = new Map<string, OfferedModel>();
  for (const deployment of deployments.toSorted((a, b) => a.createdMs - b.createdMs)) {
    const { state } = leadInstance(deployment);
    if (isEnded(state)) continue;
    const found = newestOf(endpoints.get(deployment.name) ?? []);
    for (const id of namesOf(deployment)) {
      const offers = found
        .filter((endpoint) => serves(deployment, endpoint, id))
        .map((endpoint) => offerOf(deployment, endpoint, id));
      addToTable(table, { id, deployments: [deployment.name], state, offers, createdMs: deployment.createdMs });
    }
  }
  return table;
}

function namesOf({ name, servedModel, instances }: DeploymentView): Set<string> {
  return new Set([servedModel, ...instances.flatMap(({ servedModels }) => servedModels), name]);
}

/** An instance has one offer: the newest generation of its tunnel. */
function newestOf(endpoints: readonly EndpointView[]): EndpointView[] {
  const newest = new Map<string, EndpointView>();
  for (const endpoint of endpoints) {
    const known = newest.get(endpoint.instanceId);
    if (isServing(endpoint.state) && (!known || known.generation < endpoint.generation))
      newest.set(endpoint.instanceId, endpoint);
  }
  return [...newest.values()];
}

/** A name that only some instances serve, such as that of an adapter, leads to these. */
function serves(deployment: DeploymentView, endpoint: EndpointView, id: string): boolean {
  if (id === deployment.name || id === endpoint.servedModel) return true;
  return instanceOf(deployment, endpoint)?.servedModels.includes(id) ?? false;
}

function instanceOf({ instances }: DeploymentView, { instanceId }: EndpointView): InstanceView | undefined {
  return instances.find(({ id }) => id === instanceId);
}

function offerOf(deployment: DeploymentView, endpoint: EndpointView, id: string): Offer {
  const { instanceId, generation, address, apiKey, endToEnd } = endpoint;
  const isOwn = instanceOf(deployment, endpoint)?.servedModels.includes(id) ?? false;
  const servedModel = isOwn ? id : endpoint.servedModel;
  const place = { kind: 'carrier' as const, address };
  return { deployment: deployment.name, instanceId, generation, place, ...defined({ endToEnd }), apiKey, servedModel };
}
