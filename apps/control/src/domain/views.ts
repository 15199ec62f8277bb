// Records as people and programs see them.

import { type DeploymentView, type InstanceView, isEnded, type Load, socketName } from '@fairlead/protocol';

import { type DeploymentRecord, type InstanceRecord, restartOf } from './records.ts';

/** What is true now and stored nowhere. */
export interface LiveFacts {
  leaseUntilMs?: number | undefined;
  load?: Load | undefined;
  agent?: InstanceView['agent'];
}

export function viewInstance(record: InstanceRecord, runDir: string, live: LiveFacts = {}): InstanceView {
  const { life } = record;
  const view: InstanceView = {
    id: record.id,
    deployment: record.deployment,
    restart: restartOf(life),
    state: life.state,
    gpus: record.gpus,
    models: record.models,
    jobDir: record.jobDir.replaceAll('{instance}', record.id),
    createdMs: record.createdMs,
    updatedMs: record.updatedMs,
  };
  if (record.jobId !== undefined) view.jobId = record.jobId;
  if (record.deadlineMs !== undefined) view.deadlineMs = record.deadlineMs;
  if (life.phase !== 'waiting' && life.agent) view.hostname = life.agent.hostname;
  if (live.agent !== undefined) view.agent = live.agent;
  if (life.phase !== 'attended') return view;
  if (life.generation !== undefined)
    view.endpoint = {
      generation: life.generation,
      socket: `${runDir}/${socketName(record.id, life.generation, 'data')}`,
    };
  if (live.leaseUntilMs !== undefined) view.leaseUntilMs = live.leaseUntilMs;
  if (live.load !== undefined) view.load = live.load;
  return view;
}

export function viewDeployment(record: DeploymentRecord, instance: InstanceView): DeploymentView {
  const { name, model, servedModel, engine, cluster, wanted, createdMs } = record;
  return { name, model, servedModel, engine, cluster, wanted, createdMs, instance };
}

/** How long a deployment that ended unasked stays in the list. */
const LISTED_AFTER_END_MS = 24 * 60 * 60 * 1000;

/** Whether the short list shows it: all that live, and what ended unasked within a day. */
export function isListed(deployment: DeploymentRecord, instance: InstanceRecord, now: number): boolean {
  if (!isEnded(instance.life.state)) return true;
  return deployment.wanted === 'running' && now - instance.updatedMs < LISTED_AFTER_END_MS;
}
