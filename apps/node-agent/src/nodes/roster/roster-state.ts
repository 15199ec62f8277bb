// The other nodes of a job as its leader sees them: states, events, effects. Data only; roster.ts moves between them.

import type { EngineFailure } from '@fairlead/engines/failures';
import type { Step } from '@fairlead/kit';
import type { PartReport } from '@fairlead/protocol';

/** Whether the leader hears of a node, and what its part of the engine does. */
export type NodeLife =
  /** It has not come yet. */
  { status: 'awaited' } | { status: 'joined'; part: PartReport } | { status: 'lost'; reason: string };

export interface RosterNode {
  rank: number;
  host: string;
  life: NodeLife;
}

/** The engine over all nodes. `run` counts its starts. */
export type RosterPhase =
  | { phase: 'idle'; run: number }
  /** Wanted: not all nodes are there, or one has still something of an earlier run. */
  | { phase: 'gathering'; run: number }
  /** All nodes were told to start. */
  | { phase: 'up'; run: number }
  /** A part of it has failed; the others are ended when the leader orders it. */
  | { phase: 'failed'; run: number }
  | { phase: 'ending'; run: number };

export type Roster = { nodes: readonly RosterNode[] } & RosterPhase;

export type RosterEvent =
  | { type: 'engine.wanted' }
  | { type: 'engine.unwanted'; limitMs: number }
  | { type: 'node.joined'; rank: number; part: PartReport }
  | { type: 'node.reported'; rank: number; part: PartReport }
  /** No word from it for too long. */
  | { type: 'node.lost'; rank: number; reason: string }
  | { type: 'gathering.limit_reached' };

export type RosterEffect =
  /** All nodes are there: the leader starts its own part too. */
  | { type: 'engine.gathered'; run: number }
  | { type: 'part.start'; rank: number; run: number }
  /** Of this run and every run before it. */
  | { type: 'part.end'; rank: number; run: number; limitMs: number }
  /** For each part that fails until the end of the run is ordered: the first of them may be the consequence of another one's end. */
  | { type: 'engine.failed'; rank: number; failure: EngineFailure }
  | { type: 'engine.stuck'; pids: readonly number[] }
  /** Nothing of it is left on the nodes that can be reached. */
  | { type: 'engine.gone' }
  /** The nodes did not come, or come back, in time. */
  | { type: 'nodes.missing'; message: string; hint: string; hosts: readonly string[] }
  | { type: 'timer.set'; ms: number }
  | { type: 'timer.clear' }
  | { type: 'note'; kind: string; message: string };

export type RosterStep = Step<Roster, RosterEffect>;

export interface RosterPolicy {
  /** How long a node may take to come after the leader is there: the starts of a job's tasks and their prologues lie apart. */
  joinLimitMs: number;
  /** How long a lost node may take to come back: its worker leaves 30 s after the last word, of which 12 s have passed. */
  returnLimitMs: number;
  /** What is left of an engine whose start or end another part has failed has no requests to answer. */
  leftoverLimitMs: number;
}

export function firstRoster(hosts: readonly string[]): Roster {
  const nodes = hosts.slice(1).map((host, at): RosterNode => ({ rank: at + 1, host, life: { status: 'awaited' } }));
  return { nodes, phase: 'idle', run: 0 };
}
