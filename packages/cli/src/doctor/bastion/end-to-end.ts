// Which deployments that serve are encrypted past the bastion, and whether that is what the configuration wants.

import { type DeploymentView, isServing } from '@fairlead/protocol';

import { type Finding, passed, warn } from '../check.ts';
import type { Inspection } from '../inspection.ts';

export async function askEndToEnd(inspection: Inspection, signal: AbortSignal): Promise<Finding> {
  const { name, config } = await inspection.cluster();
  const deployments = await (await inspection.session()).api.listDeployments({}, signal);
  return judgeEndToEnd(deployments, { cluster: name, isWanted: config.endToEnd === true });
}

export interface WantedEncryption {
  cluster: string;
  /** For the deployments of that cluster. */
  isWanted: boolean;
}

export function judgeEndToEnd(
  deployments: readonly DeploymentView[],
  { cluster, isWanted }: WantedEncryption,
): Finding {
  const serving = deployments.filter(({ instances }) => instances.some(({ state }) => isServing(state)));
  const wanted = isWanted ? `, as ${cluster} is configured` : '';
  if (serving.length === 0)
    return passed(
      `no deployment serves now${isWanted ? `; those of ${cluster} will be encrypted from end to end` : ''}`,
    );
  const encrypted = serving.filter(isEndToEnd);
  const open = serving.filter((deployment) => !isEndToEnd(deployment));
  const missed = isWanted ? open.filter((deployment) => deployment.cluster === cluster) : [];
  if (missed.length > 0)
    return warn(
      `${namesOf(missed)}: encrypted by SSH alone, although ${cluster} is configured with endToEnd`,
      'Deploy again: a deployment keeps the settings with which it was made. If it was made so, update Fairlead on the bastion (`fairlead init`).',
    );
  if (encrypted.length === 0)
    return passed(`${namesOf(open)}: encrypted by SSH alone; the bastion's root can read requests and answers`);
  const rest = open.length > 0 ? `; ${namesOf(open)}: by SSH alone` : '';
  return passed(`${namesOf(encrypted)}: encrypted from end to end${wanted}${rest}`);
}

/** Of each instance that serves. */
function isEndToEnd({ instances }: DeploymentView): boolean {
  return instances.every(({ state, endToEnd }) => !isServing(state) || endToEnd !== undefined);
}

function namesOf(deployments: readonly DeploymentView[]): string {
  return deployments.map(({ name }) => name).join(', ');
}
