// Which nodes the job has, and which of them this agent runs on, where the spec wants several.

import type { InstanceSpec } from '@fairlead/protocol';
import { type JobNodes, readJobNodes } from '@fairlead/scheduler';
import { agentError } from '../agent-error.ts';

/** Undefined for a job of one node. Throws `nodes_unknown` where the environment does not name as many as are wanted. */
export function nodesOfJob({ engine }: Pick<InstanceSpec, 'engine'>, env: NodeJS.ProcessEnv): JobNodes | undefined {
  const wanted = engine.nodes;
  if (wanted === 1) return undefined;
  const nodes = readJobNodes(env);
  if (nodes?.hosts.length === wanted) return nodes;
  const found = nodes ? `${nodes.hosts.length} (${nodes.hosts.join(', ')})` : 'none, or not the number of this one';
  throw agentError('nodes_unknown', `cannot run over ${wanted} nodes because the job's environment names ${found}`, {
    hint: 'SLURM_JOB_NODELIST and SLURM_NODEID come from srun. Look for lines of the prologue that change them, and for `--nodes` in `slurm.override` or `slurm.extra`.',
  });
}

/** Of this agent; 0 where nothing says another. For what has to be known before the spec can be judged. */
export function rankOf({ engine }: Pick<InstanceSpec, 'engine'>, env: NodeJS.ProcessEnv): number {
  return engine.nodes === 1 ? 0 : (readJobNodes(env)?.rank ?? 0);
}
