// What holds for a deployment as a whole, decided from its instances. Pure.

import type { DeploymentView, InstanceView } from './api.ts';
import { isEnded, isServing } from './instance.ts';

/** The instance that represents the deployment in one line: one that serves, else one that has not ended, else the first. */
export function leadInstance({ instances }: Pick<DeploymentView, 'instances'>): InstanceView {
  const lead =
    instances.find((instance) => isServing(instance.state) && instance.endpoints.length > 0) ??
    instances.find(({ state }) => isServing(state)) ??
    instances.find(({ state }) => !isEnded(state)) ??
    instances[0];
  if (!lead) throw new Error('a deployment without an instance');
  return lead;
}

/** Whether every instance of the deployment has ended. */
export function hasEnded({ instances }: Pick<DeploymentView, 'instances'>): boolean {
  return instances.every(({ state }) => isEnded(state));
}
