// Which nodes a launch leaves out: those that the last end of the deployment blames.

import type { NamedCluster } from '@fairlead/config';
import { type DeploymentView, isEnded } from '@fairlead/protocol';
import { parseDirectives } from '@fairlead/scheduler';

import type { ControlSession } from '../control-session.ts';

/**
 * Asks control for the last end under this name; it forgets a failure after a day. Empty where that blames no node, and where the
 * configuration chooses the nodes itself.
 */
export async function badNodesOf(
  name: string,
  cluster: NamedCluster,
  { session, signal }: { session: ControlSession; signal: AbortSignal },
): Promise<string[]> {
  if (choosesNodes(cluster)) return [];
  const deployments = await session.api.listDeployments({}, signal);
  const last = deployments.find((deployment) => deployment.name === name && deployment.cluster === cluster.name);
  return last ? blamedNodes(last) : [];
}

function choosesNodes({ config: { kind, slurm = {} } }: NamedCluster): boolean {
  if (kind === 'local' || slurm.leaveOutFailedNodes === false) return true;
  const lines = (slurm.extra ?? []).filter((line) => line.startsWith('#SBATCH'));
  const named = [...parseDirectives(lines.join('\n')).map((line) => line.name), ...Object.keys(slurm.override ?? {})];
  return named.some((option) => option === 'exclude' || option === 'nodelist');
}

/** Pure. */
export function blamedNodes({ instances }: Pick<DeploymentView, 'instances'>): string[] {
  return [...new Set(instances.flatMap(({ state }) => (isEnded(state) ? (state.cause.badNodes ?? []) : [])))];
}
