// Whether an agent that says hello is the one it claims to be, and may speak for its instance now. Pure.

import type { AgentHello, WireErrorCode } from '@fairlead/protocol';

import { type InstanceRecord, restartOf } from './records.ts';

export interface EnrolmentFacts {
  hello: AgentHello;
  /** From the name of the socket at which control found the agent. */
  socket: { instanceId: string; generation: number };
  /** The token of the connection was made for this instance and this process of its agent. */
  tokenMatches: boolean;
  /** The deployment's instance with that id; undefined where there is none. */
  instance: InstanceRecord | undefined;
  /** Another instance serves the deployment now. */
  replaced: boolean;
  leaseLive: boolean;
  /** Generation of the control socket over which this instance's agent is connected now. */
  linkedGeneration: number | undefined;
}

export type Enrolment = { ok: true } | { ok: false; code: WireErrorCode; message: string; hint?: string };

/**
 * A newer restart takes over from an older one. Another process of the *same* restart must wait until the lease of the first
 * one has ended: a job's agent can be started again in place, but two live agents would compete for one endpoint.
 */
export function decideEnrolment(facts: EnrolmentFacts): Enrolment {
  const { hello, instance } = facts;
  if (hello.instanceId !== facts.socket.instanceId)
    return refuse(
      'forbidden',
      `cannot enrol because the socket belongs to ${facts.socket.instanceId}: got a hello for ${hello.instanceId}`,
    );
  if (!facts.tokenMatches)
    return refuse('unauthorized', `cannot enrol because the token is not one of instance ${hello.instanceId}`);
  if (facts.replaced || !instance)
    return refuse(
      'fenced',
      `cannot enrol because another instance serves deployment ${hello.deployment} now`,
      'This job is no longer needed; end it.',
    );
  if (hello.deployment !== instance.deployment)
    return refuse(
      'forbidden',
      `cannot enrol because the instance belongs to ${instance.deployment}: got ${hello.deployment}`,
    );
  return fence(facts, instance) ?? { ok: true };
}

function fence(facts: EnrolmentFacts, instance: InstanceRecord): Enrolment | undefined {
  const { hello } = facts;
  const { life } = instance;
  const known = life.phase === 'waiting' ? undefined : life.agent;
  const restart = restartOf(life);
  if (hello.restart < restart)
    return refuse('fenced', `cannot enrol because restart ${restart} of the job has taken over: got ${hello.restart}`);
  if (!known || hello.restart > restart) return undefined;
  if (hello.processId !== known.processId) {
    if (!facts.leaseLive) return undefined;
    return refuse(
      'fenced',
      `cannot enrol because another agent process of restart ${restart} holds the lease`,
      'If that one is gone, its lease ends within seconds; then this one may try again.',
    );
  }
  if (facts.linkedGeneration !== undefined && facts.socket.generation < facts.linkedGeneration)
    return refuse(
      'too_many',
      `cannot enrol over control socket ${facts.socket.generation} because ${facts.linkedGeneration} is in use`,
    );
  return undefined;
}

function refuse(code: WireErrorCode, message: string, hint?: string): Enrolment {
  return { ok: false, code, message, ...(hint === undefined ? {} : { hint }) };
}
