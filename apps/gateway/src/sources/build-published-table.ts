// From what publishers tell to the names that members can ask for: the name alone where no other has it, else `alice/name`. Pure.

import { defined } from '@fairlead/kit';
import { type DeploymentPublished, isEnded, type PublishedInstance } from '@fairlead/protocol';

import { addToTable } from '../routing/add-to-table.ts';
import type { ModelTable, Offer, OfferedModel } from '../routing/offer.ts';
import type { PublisherRecord } from './source-records.ts';

export interface HeldDeployment {
  told: DeploymentPublished;
  /** Instances that are not offered, with the reasons. */
  refused: ReadonlyMap<string, string>;
}

export interface HeldPublisher {
  record: Pick<PublisherRecord, 'name' | 'uid'>;
  deployments: ReadonlyMap<string, HeldDeployment>;
}

/** `nameFor`: as members ask for a name of the publisher. */
export function buildPublishedTable(
  publishers: Iterable<HeldPublisher>,
  nameFor: (publisher: string, name: string) => string,
): ModelTable {
  const table = new Map<string, OfferedModel>();
  for (const { record, deployments } of publishers)
    for (const held of deployments.values()) {
      const { state, createdMs, deployment } = held.told;
      if (isEnded(state)) continue;
      const facts = { deployments: [`${record.name}/${deployment}`], state, createdMs };
      for (const name of publishedNamesOf(held.told))
        addToTable(table, { id: nameFor(record.name, name), ...facts, offers: offersOf(record, held, name) });
    }
  return table;
}

/** Without those of their owner: the model's, its adapters', the deployment's. */
export function publishedNamesOf({ deployment, servedModel, instances }: DeploymentPublished): string[] {
  return [...new Set([servedModel, ...instances.flatMap(({ servedModels }) => servedModels), deployment])];
}

/** The id of an instance in the gateway: another owner may have an instance of the same id. */
export function idOfPublished(publisher: string, instanceId: string): string {
  return `${publisher}:${instanceId}`;
}

function offersOf({ name: publisher, uid }: HeldPublisher['record'], held: HeldDeployment, name: string): Offer[] {
  const { deployment, servedModel } = held.told;
  const isOfAll = name === deployment || name === servedModel;
  return newestOf(held)
    .filter(({ servedModels }) => isOfAll || servedModels.includes(name))
    .map(({ instanceId, generation, socket, apiKey, servedModels, endToEnd }) => ({
      deployment: `${publisher}/${deployment}`,
      instanceId: idOfPublished(publisher, instanceId),
      generation,
      place: { kind: 'published', publisher, socket, uid },
      ...defined({ endToEnd }),
      apiKey,
      servedModel: servedModels.includes(name) ? name : servedModels[0]!,
    }));
}

/** An instance has one offer: the newest generation of its tunnel. */
export function newestOf({ told, refused }: HeldDeployment): PublishedInstance[] {
  const newest = new Map<string, PublishedInstance>();
  for (const instance of told.instances) {
    const known = newest.get(instance.instanceId);
    if (!refused.has(instance.instanceId) && (!known || known.generation < instance.generation))
      newest.set(instance.instanceId, instance);
  }
  return [...newest.values()];
}
