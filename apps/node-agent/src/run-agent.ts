// Which agent this is: the leader, or a worker of another node. Each loads its own code only, because a worker needs none of SSH, front
// and metrics, and their memory is that of the model's node.

import type { InstanceSpec } from '@fairlead/protocol';
import type { AgentDeps } from './agent-deps.ts';
import type { ExitName } from './exit-code.ts';
import { nodesOfJob } from './nodes/nodes-of-job.ts';
import { compilePlainly } from './nodes/worker/small-process.ts';

/** Resolves with how it ended, when nothing of it is left on the node. */
export async function runAgent(spec: InstanceSpec, deps: AgentDeps): Promise<ExitName> {
  const hosts = nodesOfJob(spec, deps.env);
  if (hosts && hosts.rank > 0) {
    compilePlainly();
    return (await import('./nodes/worker/run-worker.ts')).runWorker(spec, hosts, deps);
  }
  return (await import('./open-agent.ts')).runLeader(spec, hosts, deps);
}
