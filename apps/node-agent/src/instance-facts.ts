// What is true of the instance now and changes over its life, in one place: for reports, heartbeats and the files.

import { defined } from '@fairlead/kit';
import {
  type ConnectionFile,
  type InstanceNode,
  type InstanceReported,
  type InstanceSpec,
  type InstanceState,
  isEnded,
  isServing,
  type Load,
  type NodeState,
  PROTOCOL_VERSION,
} from '@fairlead/protocol';
import type { EngineMetrics } from '@fairlead/engines';

export interface InstanceFacts {
  state: InstanceState;
  readonly host: string;
  gpus: string[];
  endpoint: { generation: number; socketPath: string } | undefined;
  /** Read from the supervisor's state. */
  readonly deadlineMs: number | undefined;
  metrics: EngineMetrics | undefined;
}

export function loadOf(facts: InstanceFacts, inFlight: number): Load {
  const { metrics } = facts;
  if (!metrics) return { inFlight };
  const { running, waiting, generationTokens, kvCacheUsage } = metrics;
  return { inFlight, running, waiting, generationTokens, ...defined({ kvCacheUsage }) };
}

export function reportOf(facts: InstanceFacts, spec: InstanceSpec, inFlight: number): InstanceReported {
  const { state, endpoint, deadlineMs } = facts;
  return {
    type: 'instance.reported',
    state,
    ...(endpoint ? { endpointGeneration: endpoint.generation } : {}),
    servedModels: [spec.servedModel],
    nodes: nodesOf(facts),
    ...defined({ deadlineMs }),
    load: loadOf(facts, inFlight),
  };
}

/** This agent is the only one of its job, and the leader. */
function nodesOf({ state, host, gpus }: InstanceFacts): InstanceNode[] {
  return [{ rank: 0, host, gpus, state: nodeStateOf(state) }];
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
  if (!facts.endpoint) return undefined;
  return {
    version: PROTOCOL_VERSION,
    instanceId: spec.instanceId,
    deployment: spec.deployment,
    model: spec.model,
    servedModel: spec.servedModel,
    engine: spec.engine.name,
    jobId: job.jobId,
    nodes: nodesOf(facts),
    bastion: { host: spec.bastionIdentity.host },
    endpoints: [
      {
        generation: facts.endpoint.generation,
        address: { kind: 'bastion-socket', socket: facts.endpoint.socketPath },
      },
    ],
    ...defined({ deadlineMs: facts.deadlineMs }),
    connect: `fairlead connect ${spec.deployment}`,
    writtenMs: job.now,
  };
}
