// What a gateway is told of a deployment. Its sockets are not open to the gateway yet.

import { defined } from '@fairlead/kit';
import { type DeploymentPublished, isBastionSocket, isServing, leadInstance } from '@fairlead/protocol';

import type { Entry } from '../registry/entry.ts';
import type { Registry } from '../registry/registry.ts';

/** `absent`: no deployment has the name. `unknown`: control has just been started, and the agent of an instance is expected back: what was told before stays. */
export type Described = { kind: 'known'; message: DeploymentPublished } | { kind: 'unknown' } | { kind: 'absent' };

export function describePublished(
  registry: Pick<Registry, 'findDeployment' | 'viewDeployment' | 'viewInstance'>,
  name: string,
): Described {
  const entry = registry.findDeployment(name);
  if (!entry) return { kind: 'absent' };
  if (entry.instances.some(isExpected)) return { kind: 'unknown' };
  const view = registry.viewDeployment(entry);
  const message: DeploymentPublished = {
    type: 'deployment.published',
    deployment: name,
    servedModel: view.servedModel,
    state: leadInstance(view).state,
    createdMs: view.createdMs,
    instances: entry.instances.flatMap((one) => instancesOf(registry, one, view.servedModel)),
  };
  return { kind: 'known', message };
}

/** Its key comes with its agent. */
function isExpected({ instance: { life }, presence }: Entry): boolean {
  return life.phase === 'attended' && isServing(life.state) && presence.apiKey === undefined;
}

function instancesOf(
  registry: Pick<Registry, 'viewInstance'>,
  entry: Entry,
  servedModel: string,
): DeploymentPublished['instances'] {
  const { apiKey } = entry.presence;
  const { id: instanceId, state, endpoints, servedModels, load, endToEnd } = registry.viewInstance(entry);
  if (apiKey === undefined || !isServing(state)) return [];
  return endpoints.flatMap(({ generation, address }) => {
    if (!isBastionSocket(address)) return [];
    const names = servedModels.length > 0 ? servedModels : [servedModel];
    const facts = { instanceId, generation, socket: address.socket, apiKey, servedModels: names };
    return [{ ...facts, ...defined({ load, endToEnd }) }];
  });
}
