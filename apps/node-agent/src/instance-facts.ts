// What is true of the instance now and changes over its life, in one place: for reports, heartbeats and the files.

import type { ConnectionFile, InstanceReported, InstanceState, Load } from '@fairlead/protocol';
import { PROTOCOL_VERSION } from '@fairlead/protocol';
import type { EngineMetrics } from './engine/parse-metrics.ts';
import type { AgentSpec } from './job/read-spec.ts';

export interface InstanceFacts {
  state: InstanceState;
  gpus: string[];
  endpoint: { generation: number; socketPath: string } | undefined;
  deadlineMs: number | undefined;
  metrics: EngineMetrics | undefined;
}

export function loadOf(facts: InstanceFacts, inFlight: number): Load {
  const { metrics } = facts;
  if (!metrics) return { inFlight };
  const { running, waiting, generationTokens, kvCacheUsage } = metrics;
  return { inFlight, running, waiting, generationTokens, ...(kvCacheUsage === undefined ? {} : { kvCacheUsage }) };
}

export function reportOf(facts: InstanceFacts, spec: AgentSpec, inFlight: number): InstanceReported {
  const { state, gpus, endpoint, deadlineMs } = facts;
  return {
    type: 'instance.reported',
    state,
    ...(endpoint ? { endpointGeneration: endpoint.generation } : {}),
    models: [spec.servedModel],
    gpus,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    load: loadOf(facts, inFlight),
  };
}

/** Undefined while there is nothing to connect to. */
export function connectionOf(
  facts: InstanceFacts,
  spec: AgentSpec,
  job: { jobId: string; hostname: string; now: number },
): ConnectionFile | undefined {
  if (!facts.endpoint) return undefined;
  return {
    version: PROTOCOL_VERSION,
    instanceId: spec.instanceId,
    deployment: spec.deployment,
    model: spec.model,
    servedModel: spec.servedModel,
    engine: spec.engine.kind,
    jobId: job.jobId,
    hostname: job.hostname,
    gpus: facts.gpus,
    bastion: { host: spec.bastionIdentity.host, socket: facts.endpoint.socketPath },
    ...(facts.deadlineMs === undefined ? {} : { deadlineMs: facts.deadlineMs }),
    connect: `fairlead connect ${spec.deployment}`,
    writtenMs: job.now,
  };
}
