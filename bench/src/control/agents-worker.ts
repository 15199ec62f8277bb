// Many synthetic agents in one process: real sockets, TLS and messages, heartbeats at control's interval.

import { setTimeout as delay } from 'node:timers/promises';

import { type FakeAgent, openFakeAgent } from '@fairlead/control/testing';
import type { controlMessage, InstanceState, Written } from '@fairlead/protocol';

import { takeOrders } from '../harness/worker.ts';
import { nowMs, writeStamp } from './stamp.ts';

export interface AgentsWanted {
  runDir: string;
  certificate: string;
  agents: ReadonlyArray<{ instanceId: string; deployment: string; token: string }>;
}

interface Member {
  agent: FakeAgent;
  state: InstanceState;
  welcomes: number;
}

const members: Member[] = [];
let next = 0;

const orders = {
  /** Resolves when control has welcomed all of them. */
  async open({ agents, runDir, certificate }: AgentsWanted): Promise<void> {
    for (const wanted of agents) members.push(await openMember({ runDir, certificate, ...wanted, withData: true }));
    await welcomed(1);
  },
  /** The agents report changes one after the other, evenly over the time. */
  async change({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<number> {
    const startedMs = nowMs();
    const changes = Math.round(perSecond * seconds);
    for (let change = 0; change < changes; change++) {
      const member = members[next++ % members.length];
      if (member) say(member, { status: 'degraded', reason: writeStamp(nowMs()) });
      await delay(Math.max(0, startedMs + ((change + 1) * 1000) / perSecond - nowMs()));
    }
    return changes;
  },
  /** Resets the counts of welcomes. */
  async forget(): Promise<void> {
    for (const member of members) member.welcomes = 0;
  },
  /** Resolves when each agent has been welcomed again, with the highest count of welcomes. */
  async back(): Promise<{ mostWelcomes: number }> {
    await welcomed(1);
    return { mostWelcomes: Math.max(...members.map(({ welcomes }) => welcomes)) };
  },
  /** The last report of each agent. */
  async states(): Promise<Record<string, string>> {
    return Object.fromEntries(members.map(({ agent, state }) => [agent.options.instanceId, reasonOf(state)]));
  },
};
export type AgentOrders = typeof orders;

async function openMember(options: Parameters<typeof openFakeAgent>[0]): Promise<Member> {
  const agent = await openFakeAgent(options);
  const member: Member = { agent, state: { status: 'ready' }, welcomes: 0 };
  agent.received.add((message) => take(member, message));
  return member;
}

/** Handles a welcome as an agent does: keeps the token for later connections, and reports its present state first. */
function take(member: Member, message: Written<typeof controlMessage>): void {
  member.agent.history.length = 0;
  if (message.type !== 'control.welcome') return;
  member.agent.options.token = message.instanceToken;
  member.welcomes += 1;
  say(member, member.state);
}

function say(member: Member, state: InstanceState): void {
  member.state = state;
  // While control is down no report is possible; the agent reports at the next welcome.
  if (member.agent.socket?.readyState === 1) member.agent.report(state);
}

async function welcomed(times: number): Promise<void> {
  while (members.some(({ welcomes }) => welcomes < times)) await delay(5);
}

function reasonOf(state: InstanceState): string {
  return state.status === 'degraded' ? state.reason : state.status;
}

takeOrders(orders);
