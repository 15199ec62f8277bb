// Records as the API shows them.

import {
  type DeploymentView,
  type EndToEnd,
  type EndpointRef,
  type InstanceNode,
  type InstanceView,
  isEnded,
  type Load,
  socketName,
} from '@fairlead/protocol';

import { type DeploymentRecord, type InstanceRecord, restartOf } from './records.ts';

/** Facts that only the memory holds. */
export interface LiveFacts {
  leaseUntilMs?: number | undefined;
  load?: Load | undefined;
  /** By other carriers than the bastion's sockets. */
  endpoints?: readonly EndpointRef[] | undefined;
  agent?: InstanceView['agent'];
  endToEnd?: EndToEnd | undefined;
}

export function viewInstance(record: InstanceRecord, runDir: string, live: LiveFacts = {}): InstanceView {
  const { life } = record;
  const view: InstanceView = {
    id: record.id,
    deployment: record.deployment,
    role: record.role,
    replica: record.replica,
    restart: restartOf(life),
    state: life.state,
    nodes: nodesOf(record),
    servedModels: record.servedModels,
    endpoints: endpointsOf(record, runDir, live.endpoints),
    jobDir: record.jobDir.replaceAll('{instance}', record.id),
    createdMs: record.createdMs,
    updatedMs: record.updatedMs,
  };
  if (record.jobId !== undefined) view.jobId = record.jobId;
  if (record.deadlineMs !== undefined) view.deadlineMs = record.deadlineMs;
  if (live.agent !== undefined) view.agent = live.agent;
  if (life.phase !== 'attended') return view;
  if (live.endToEnd !== undefined) view.endToEnd = live.endToEnd;
  if (live.leaseUntilMs !== undefined) view.leaseUntilMs = live.leaseUntilMs;
  if (live.load !== undefined) view.load = live.load;
  return view;
}

/** Where it answers; nowhere while its agent is away. The bastion's socket follows from the generation; `told`: by other carriers. */
export function endpointsOf(
  { id, life }: InstanceRecord,
  runDir: string,
  told: readonly EndpointRef[] = [],
): EndpointRef[] {
  if (life.phase !== 'attended') return [];
  const { generation } = life;
  if (generation === undefined) return [...told];
  const socket = `${runDir}/${socketName(id, generation, 'data')}`;
  return [{ generation, address: { kind: 'bastion-socket', socket } }, ...told];
}

/** As the agent reported them last. The end of the instance is the end of each node. */
function nodesOf({ life, nodes }: InstanceRecord): InstanceNode[] {
  if (life.phase === 'ended') return nodes.map((node) => ({ ...node, state: { status: 'ended' } }));
  if (life.phase !== 'lost') return nodes;
  const reason = isEnded(life.state) ? life.state.cause.message : '';
  return nodes.map((node) => ({ ...node, state: { status: 'lost', reason } }));
}

/** The current ones first, by replica, each oldest first. */
export function viewDeployment(record: DeploymentRecord, instances: readonly InstanceView[]): DeploymentView {
  const { name, model, servedModel, engine, cluster, wanted, createdMs } = record;
  const order = (view: InstanceView) => (view.role === 'current' ? 0 : 10_000) + view.replica;
  const sorted = instances.toSorted((a, b) => order(a) - order(b) || a.createdMs - b.createdMs);
  return { name, model, servedModel, engine, cluster, wanted, createdMs, instances: sorted };
}

/** How long a deployment that ended without a stop stays in the list. */
const listedAfterEndMs = 24 * 60 * 60 * 1000;

/** Whether the list without `all` shows it: live deployments, and those that ended without a stop within a day. */
export function isListed(deployment: DeploymentRecord, instances: readonly InstanceRecord[], now: number): boolean {
  if (instances.some(({ life }) => !isEnded(life.state))) return true;
  const endedMs = Math.max(...instances.map(({ updatedMs }) => updatedMs));
  return deployment.wanted === 'running' && now - endedMs < listedAfterEndMs;
}
