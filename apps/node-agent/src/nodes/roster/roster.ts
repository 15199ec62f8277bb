// Decides what the leader makes of its nodes: when all may start, what has failed, when nothing is left. Pure.

import type { EngineFailure } from '@fairlead/engines/failures';
import { defined, go, stay } from '@fairlead/kit';
import type { PartReport } from '@fairlead/protocol';
import type { Roster, RosterEffect, RosterEvent, RosterNode, RosterPolicy, RosterStep } from './roster-state.ts';

export const rosterPolicy: RosterPolicy = { joinLimitMs: 300_000, returnLimitMs: 20_000, leftoverLimitMs: 2_000 };

export function rosterTransition(roster: Roster, event: RosterEvent, policy: RosterPolicy): RosterStep {
  switch (event.type) {
    case 'engine.wanted':
      return roster.phase === 'idle' ? want(roster, policy) : stay(roster);
    case 'engine.unwanted':
      return unwant(roster, event.limitMs);
    case 'node.joined':
      return join(roster, event, policy);
    case 'node.reported':
      return report(roster, event);
    case 'node.lost':
      return lose(roster, event, policy);
    case 'gathering.limit_reached':
      return roster.phase === 'gathering' ? go(roster, missing(roster.nodes, policy)) : stay(roster);
  }
}

export function nameNode({ rank, host }: Pick<RosterNode, 'rank' | 'host'>): string {
  return `${host} (rank ${rank})`;
}

function want(roster: Roster, policy: RosterPolicy): RosterStep {
  const next: Roster = { ...roster, phase: 'gathering', run: roster.run + 1 };
  const waiting = next.nodes.filter((node) => !isFree(node));
  if (waiting.length === 0) return start(next);
  const message = `waits for ${waiting.map(nameNode).join(', ')}`;
  return go(next, { type: 'note', kind: 'nodes.awaited', message }, gatheringTimer(next, policy));
}

/** A node that was lost has less time to come back than one that has not come yet. */
function gatheringTimer({ nodes }: Roster, policy: RosterPolicy): RosterEffect {
  const isLost = nodes.some(({ life }) => life.status === 'lost');
  return { type: 'timer.set', ms: isLost ? policy.returnLimitMs : policy.joinLimitMs };
}

/** The nodes are told; until they answer their parts count as starting. */
function start(roster: Roster): RosterStep {
  const { run } = roster;
  const nodes = roster.nodes.map((node) => withPart(node, { status: 'starting', run }));
  return go(
    { ...roster, nodes, phase: 'up' },
    { type: 'timer.clear' },
    ...nodes.map(({ rank }): RosterEffect => ({ type: 'part.start', rank, run })),
    { type: 'engine.gathered', run },
  );
}

function unwant(roster: Roster, limitMs: number): RosterStep {
  switch (roster.phase) {
    case 'idle':
      return go(roster, { type: 'engine.gone' });
    case 'ending':
      return go(roster, ...endParts(roster, limitMs));
    case 'gathering':
    case 'up':
    case 'failed': {
      const ending: Roster = { ...roster, phase: 'ending' };
      const step = settle(ending);
      return go(step.state, { type: 'timer.clear' }, ...endParts(roster, limitMs), ...step.effects);
    }
  }
}

function endParts({ nodes, run }: Roster, limitMs: number): RosterEffect[] {
  return nodes.filter(hasPart).map(({ rank }): RosterEffect => ({ type: 'part.end', rank, run, limitMs }));
}

type EventOf<Type extends RosterEvent['type']> = Extract<RosterEvent, { type: Type }>;

/** A new connection of the node: what it says of itself is all that is true of it. */
function join(roster: Roster, { rank, part }: EventOf<'node.joined'>, policy: RosterPolicy): RosterStep {
  const before = roster.nodes.find((node) => node.rank === rank);
  if (!before) return stay(roster);
  const isNew = before.life.status !== 'joined';
  const joined = { ...before, life: { status: 'joined' as const, part } };
  const note: RosterEffect = {
    type: 'note',
    kind: 'node.joined',
    message: `${nameNode(before)} ${before.life.status === 'lost' ? 'is back' : 'has joined'}`,
  };
  const next = withNode(roster, joined);
  const orders = ordersAfterJoin(next, joined, policy);
  const told = orders.some(({ type }) => type === 'part.start')
    ? withNode(next, withPart(joined, { status: 'starting', run: roster.run }))
    : next;
  const step = settle(told);
  // Those that have not come yet have the time that a lost node has no more.
  const isBack = before.life.status === 'lost' && step.state.phase === 'gathering';
  const timer = isBack ? [gatheringTimer(step.state, policy)] : [];
  return go(step.state, ...(isNew ? [note] : []), ...timer, ...orders, ...step.effects);
}

/** Orders that were lost with the connection before, and the end of what no run wants. */
function ordersAfterJoin(roster: Roster, node: RosterNode, policy: RosterPolicy): RosterEffect[] {
  const { rank, life } = node;
  if (life.status !== 'joined') return [];
  const { part } = life;
  if (roster.phase === 'up' && part.status === 'none' && part.after < roster.run)
    return [{ type: 'part.start', rank, run: roster.run }];
  if (part.status === 'none' || (roster.phase === 'up' && part.run === roster.run)) return [];
  return [{ type: 'part.end', rank, run: part.run, limitMs: policy.leftoverLimitMs }];
}

function report(roster: Roster, { rank, part }: EventOf<'node.reported'>): RosterStep {
  const node = roster.nodes.find((one) => one.rank === rank);
  if (node?.life.status !== 'joined' || isStale(node.life.part, part)) return stay(roster);
  const before = node.life.part;
  const isStuck = part.status === 'ending' && part.stuckPids !== undefined;
  const wasStuck = before.status === 'ending' && before.stuckPids !== undefined;
  const stuck: RosterEffect[] = isStuck && !wasStuck ? [{ type: 'engine.stuck', pids: part.stuckPids ?? [] }] : [];
  const started: RosterEffect[] =
    part.status === 'running' && before.status !== 'running'
      ? [{ type: 'note', kind: 'node.started', message: `${nameNode(node)} has started its part with pid ${part.pid}` }]
      : [];
  const told = withPart(node, part);
  const step = settle(withNode(roster, told));
  const alsoExited = part.status === 'exited' && before.status !== 'exited' ? exitedLate(roster, told) : [];
  return go(step.state, ...stuck, ...started, ...alsoExited, ...step.effects);
}

/** After the first failure of the run. */
function exitedLate({ phase }: Roster, node: RosterNode): RosterEffect[] {
  if (phase === 'up') return [];
  const failed = failedEffect(node);
  const note: RosterEffect = { type: 'note', kind: 'node.exited', message: failed.failure.message };
  return phase === 'failed' ? [note, failed] : [note];
}

function failedEffect(node: RosterNode) {
  return { type: 'engine.failed' as const, rank: node.rank, failure: exitFailure(node) };
}

/** It was written before the node read the order to start. */
function isStale(before: PartReport, part: PartReport): boolean {
  return before.status !== 'none' && part.status === 'none' && part.after < before.run;
}

function lose(roster: Roster, { rank, reason }: EventOf<'node.lost'>, policy: RosterPolicy): RosterStep {
  const node = roster.nodes.find((one) => one.rank === rank);
  if (node?.life.status !== 'joined') return stay(roster);
  const next = withNode(roster, { ...node, life: { status: 'lost', reason } });
  const message = `${nameNode(node)} is lost: ${reason}`;
  const note: RosterEffect = { type: 'note', kind: 'node.lost', message };
  switch (next.phase) {
    case 'up':
      return go({ ...next, phase: 'failed' }, note, { type: 'engine.failed', rank, failure: lostFailure(message) });
    case 'failed':
      return go(next, note, { type: 'engine.failed', rank, failure: lostFailure(message) });
    case 'gathering':
      return go(next, note, gatheringTimer(next, policy));
    case 'idle':
    case 'ending': {
      const step = settle(next);
      return go(step.state, note, ...step.effects);
    }
  }
}

/** What the states of all nodes together lead to. */
function settle(roster: Roster): RosterStep {
  switch (roster.phase) {
    case 'gathering':
      return roster.nodes.every(isFree) ? start(roster) : stay(roster);
    case 'up': {
      const failed = roster.nodes.find((node) => hasFailed(node, roster.run));
      if (!failed) return stay(roster);
      return go({ ...roster, phase: 'failed' }, failedEffect(failed));
    }
    case 'ending':
      if (roster.nodes.some(hasPart)) return stay(roster);
      return go({ ...roster, phase: 'idle' }, { type: 'engine.gone' });
    case 'idle':
    case 'failed':
      return stay(roster);
  }
}

function hasFailed(node: RosterNode, run: number): boolean {
  const part = partOf(node);
  return part?.status === 'exited' || (part?.status === 'none' && part.after >= run);
}

function exitFailure(node: RosterNode): EngineFailure {
  const part = partOf(node);
  if (part?.status !== 'exited') {
    const message = `${nameNode(node)}: its part of the engine has ended`;
    return { message, fatal: false, lastLines: [] };
  }
  const { message, hint, fatal, lastLines, badNodes, ownCause, peer } = part;
  const more = { ...defined({ hint, badNodes, ownCause }), ...(peer && { peer: defined(peer) }) };
  return { message: `${nameNode(node)}: ${message}`, ...more, fatal, lastLines };
}

function lostFailure(message: string): EngineFailure {
  return {
    message,
    hint: 'Its agent or the network between the nodes has failed.',
    fatal: false,
    lastLines: [],
    ownCause: true,
  };
}

function missing(nodes: readonly RosterNode[], policy: RosterPolicy): RosterEffect {
  const culprits = culpritsIn(nodes);
  const words = culprits.map((node) => {
    const { life } = node;
    if (life.status === 'lost') return `${nameNode(node)} was lost and did not come back: ${life.reason}`;
    if (life.status === 'awaited') return `${nameNode(node)} did not come within ${policy.joinLimitMs / 1000} s`;
    return `${nameNode(node)} cannot end what is left of the engine`;
  });
  return {
    type: 'nodes.missing',
    message: words.join('; '),
    hosts: culprits.map(({ host }) => host),
    hint: 'The job log (`fairlead logs <name> --source job`) has what each agent says. If none of them reaches the leader, a firewall between the compute nodes is in the way; if one node fails again and again, exclude it.',
  };
}

/** A node that was lost has less time than one that has not come yet: while one is lost, the others may still come. */
function culpritsIn(nodes: readonly RosterNode[]): RosterNode[] {
  const groups = [
    nodes.filter(({ life }) => life.status === 'lost'),
    nodes.filter(({ life }) => life.status === 'awaited'),
    nodes.filter((node) => !isFree(node)),
  ];
  return groups.find((group) => group.length > 0) ?? [];
}

function partOf({ life }: RosterNode): PartReport | undefined {
  return life.status === 'joined' ? life.part : undefined;
}

function hasPart(node: RosterNode): boolean {
  const part = partOf(node);
  return part !== undefined && part.status !== 'none';
}

function isFree(node: RosterNode): boolean {
  return partOf(node)?.status === 'none';
}

function withPart(node: RosterNode, part: PartReport): RosterNode {
  return { ...node, life: { status: 'joined', part } };
}

function withNode(roster: Roster, node: RosterNode): Roster {
  return { ...roster, nodes: roster.nodes.map((one) => (one.rank === node.rank ? node : one)) };
}
