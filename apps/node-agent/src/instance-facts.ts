// What is true of the instance now and changes over its life, in one place: for reports, heartbeats and the files.

import { defined } from '@fairlead/kit';
import {
  type ConnectionFile,
  type EndpointRef,
  type InstanceNode,
  type InstanceReported,
  type InstanceSpec,
  type InstanceState,
  isBastionSocket,
  isEnded,
  isServing,
  type Load,
  type NodeState,
  protocolVersion,
} from '@fairlead/protocol';
import { slowestOf } from './nodes/leader/slowest-of.ts';
import type { SeenNode } from './nodes/leader/open-nodes.ts';
import type { EngineMetrics } from '@fairlead/engines';

export interface InstanceFacts {
  state: InstanceState;
  readonly host: string;
  gpus: string[];
  /** Of this node's memory. */
  pressure: string | undefined;
  /** The other nodes of the job, as the leader sees them. */
  readonly others: readonly SeenNode[];
  /** Where consumers reach it now, at most one for each carrier. */
  endpoints: EndpointRef[];
  /** Read from the supervisor's state. */
  readonly deadlineMs: number | undefined;
  metrics: EngineMetrics | undefined;
  /** Where programs of the same account reach the front on the node. */
  nodeSocket: string | undefined;
}

export function loadOf(facts: InstanceFacts, inFlight: number): Load {
  const { metrics } = facts;
  if (!metrics) return { inFlight };
  const { running, waiting, generationTokens, kvCacheUsage } = metrics;
  return { inFlight, running, waiting, generationTokens, ...defined({ kvCacheUsage }) };
}

export function reportOf(facts: InstanceFacts, spec: InstanceSpec, inFlight: number): InstanceReported {
  const { state, endpoints, deadlineMs, others: nodes } = facts;
  const atBastion = endpoints.find(({ address }) => isBastionSocket(address));
  const others = endpoints.filter((endpoint) => endpoint !== atBastion);
  return {
    type: 'instance.reported',
    state: slowestOf(state, nodes),
    ...defined({ endpointGeneration: atBastion?.generation }),
    ...(others.length > 0 ? { endpoints: others } : {}),
    servedModels: [spec.servedModel],
    nodes: nodesOf(facts),
    ...defined({ deadlineMs }),
    load: loadOf(facts, inFlight),
  };
}

/** The leader is rank 0. */
function nodesOf({ state, host, gpus, pressure, others }: InstanceFacts): InstanceNode[] {
  const own: InstanceNode = { rank: 0, host, gpus, state: nodeStateOf(state), ...defined({ pressure }) };
  const seen = others.map((node) => ({
    rank: node.rank,
    host: node.host,
    gpus: [...node.gpus],
    state: otherStateOf(node, state),
    ...defined({ pressure: node.pressure }),
  }));
  return [own, ...seen];
}

function otherStateOf({ life, progress }: SeenNode, state: InstanceState): NodeState {
  if (life.status === 'lost') return { status: 'lost', reason: life.reason };
  const isRunning = life.status === 'joined' && life.part.status === 'running';
  const own: NodeState = isRunning || isEnded(state) ? nodeStateOf(state) : { status: 'starting' };
  return own.status === 'starting' ? { ...own, ...defined({ progress }) } : own;
}

function nodeStateOf(state: InstanceState): NodeState {
  if (isEnded(state)) return { status: 'ended' };
  return { status: isServing(state) || state.status === 'draining' ? 'running' : 'starting' };
}

/** Undefined while there is nothing to connect to. */
export function connectionFileOf(
  facts: InstanceFacts,
  spec: InstanceSpec,
  job: { jobId: string; now: number },
): ConnectionFile | undefined {
  if (facts.endpoints.length === 0) return undefined;
  return {
    version: protocolVersion,
    instanceId: spec.instanceId,
    deployment: spec.deployment,
    model: spec.model,
    servedModel: spec.servedModel,
    engine: spec.engine.name,
    jobId: job.jobId,
    nodes: nodesOf(facts),
    bastion: { host: spec.bastionIdentity.host },
    endpoints: facts.endpoints,
    ...defined({ deadlineMs: facts.deadlineMs, nodeSocket: facts.nodeSocket }),
    connect: `fairlead connect ${spec.deployment}`,
    writtenMs: job.now,
  };
}
