// Whether a partition has as many nodes as a job is for: Slurm's own refusal does not say how many there are, and a limit of the
// partition keeps a job in the queue for ever.

import { CodedError, isCodedError } from '@fairlead/kit';
import type { ClusterConfig } from '@fairlead/config';
import { createSlurmInventory, parseDirectives, type PartitionRules } from '@fairlead/scheduler';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { DeploymentPlan } from '../plan/plan-deployment.ts';
import type { Site } from '../site/open-site.ts';
import { slurmSite } from '../site/slurm-site.ts';

/** Throws `submit_refused`. Asks nothing for a job on one node, and where lines of the user's own choose nodes or partition. */
export async function checkPartitionSize(
  { cluster, host, paths }: Pick<Site, 'cluster' | 'host' | 'paths'>,
  plan: Pick<DeploymentPlan, 'nodes' | 'partition'>,
  signal: AbortSignal,
): Promise<void> {
  const { config } = cluster;
  if (plan.nodes === 1 || config.kind === 'local' || choosesSize(config)) return;
  const partitions = await askPartitions(createSlurmInventory(host.runner, slurmSite(config, paths)), signal);
  const why = tooManyWords(plan.nodes, plan.partition ?? config.slurm?.partition, partitions);
  if (why === undefined) return;
  throw new CodedError<LaunchErrorCode>('submit_refused', `cannot deploy on ${cluster.name} because ${why}`, {
    hint: 'Ask for fewer nodes (--nodes), or for another partition (slurm.partition): `sinfo -o "%P %D %G"` on the login host lists them.',
  });
}

function choosesSize({ slurm = {} }: ClusterConfig): boolean {
  const lines = (slurm.extra ?? []).map((line) => (line.startsWith('#SBATCH') ? line : `#SBATCH ${line}`));
  const named = [...parseDirectives(lines.join('\n')).map(({ name }) => name), ...Object.keys(slurm.override ?? {})];
  return named.some((option) => option === 'nodes' || option === 'partition' || option === 'clusters');
}

/** Empty where Slurm does not tell: `sbatch --test-only` judges next. */
async function askPartitions(
  inventory: ReturnType<typeof createSlurmInventory>,
  signal: AbortSignal,
): Promise<PartitionRules[]> {
  try {
    return await inventory.partitionRules(signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isCodedError(error)) throw error;
    return [];
  }
}

/** Pure. Of several partitions the largest counts. Undefined where the nodes are there, and where that is not known. */
export function tooManyWords(
  wanted: number,
  partition: string | undefined,
  partitions: readonly PartitionRules[],
): string | undefined {
  const names = partition?.split(',');
  const asked = partitions.filter(({ name, isDefault }) => (names ? names.includes(name) : isDefault === true));
  const sizes = asked.map(({ name, nodes = Infinity, maxNodes = Infinity }) => ({ name, nodes, maxNodes }));
  const mostOf = ({ nodes, maxNodes }: { nodes: number; maxNodes: number }) => Math.min(nodes, maxNodes);
  const [largest] = sizes.toSorted((a, b) => mostOf(b) - mostOf(a));
  if (!largest || mostOf(largest) >= wanted) return undefined;
  const { name, nodes, maxNodes } = largest;
  if (maxNodes < nodes) return `partition ${name} gives at most ${countWords(maxNodes)} to one job: got ${wanted}`;
  return `partition ${name} has ${countWords(nodes)}: got ${wanted}`;
}

function countWords(nodes: number): string {
  return `${nodes} node${nodes === 1 ? '' : 's'}`;
}
