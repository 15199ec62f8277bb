// The roster's states and events, one example of each, for its table: a job of two nodes.

import { type Machine, nameWith } from '@fairlead/kit';
import type { PartReport } from '@fairlead/protocol';
import { rosterPolicy, rosterTransition } from './roster.ts';
import type { NodeLife, Roster, RosterEffect, RosterEvent, RosterPhase } from './roster-state.ts';

const none: PartReport = { status: 'none', after: 1 };
const exited: PartReport = { status: 'exited', run: 1, message: 'it died', fatal: false, lastLines: [] };
const stuck: PartReport = { status: 'ending', run: 1, stuckPids: [7] };

function rosterOf(phase: RosterPhase['phase'], life: NodeLife): Roster {
  return { phase, run: 1, nodes: [{ rank: 1, host: 'node2', life }] };
}

function joined(part: PartReport): NodeLife {
  return { status: 'joined', part };
}

const awaited: NodeLife = { status: 'awaited' };
const lost: NodeLife = { status: 'lost', reason: 'silent' };
const ending = joined({ status: 'ending', run: 1 });

/** For the test, and for docs/state-machines.md. */
export const rosterMachine: Machine<Roster, RosterEvent, RosterEffect> = {
  step: (roster, event) => rosterTransition(roster, event, rosterPolicy),
  states: [
    rosterOf('idle', awaited),
    rosterOf('idle', joined(none)),
    rosterOf('idle', lost),
    rosterOf('gathering', awaited),
    rosterOf('gathering', ending),
    rosterOf('gathering', lost),
    rosterOf('up', joined({ status: 'starting', run: 1 })),
    rosterOf('up', joined({ status: 'running', run: 1, pid: 7 })),
    rosterOf('failed', joined({ status: 'running', run: 1, pid: 7 })),
    rosterOf('failed', joined(exited)),
    rosterOf('failed', lost),
    rosterOf('ending', ending),
  ],
  events: {
    'engine.wanted': { type: 'engine.wanted' },
    'engine.unwanted': { type: 'engine.unwanted', limitMs: 1000 },
    'node.joined (nothing left)': { type: 'node.joined', rank: 1, part: none },
    'node.joined (order not read)': { type: 'node.joined', rank: 1, part: { status: 'none', after: 0 } },
    'node.joined (runs)': { type: 'node.joined', rank: 1, part: { status: 'running', run: 1, pid: 7 } },
    'node.reported (order not read)': { type: 'node.reported', rank: 1, part: { status: 'none', after: 0 } },
    'node.reported (nothing left)': { type: 'node.reported', rank: 1, part: none },
    'node.reported (runs)': { type: 'node.reported', rank: 1, part: { status: 'running', run: 1, pid: 7 } },
    'node.reported (exited)': { type: 'node.reported', rank: 1, part: exited },
    'node.reported (stuck)': { type: 'node.reported', rank: 1, part: stuck },
    'node.lost': { type: 'node.lost', rank: 1, reason: 'silent' },
    'gathering.limit_reached': { type: 'gathering.limit_reached' },
  },
  nameState: ({ phase, nodes: [node] }) => nameWith(phase, node && `node ${nameLife(node.life)}`),
  nameEffect,
};

function nameLife(life: NodeLife): string {
  return life.status === 'joined' ? life.part.status : life.status;
}

function nameEffect(effect: RosterEffect): string {
  switch (effect.type) {
    case 'note':
      return `note ${effect.kind}`;
    case 'engine.gathered':
    case 'part.start':
    case 'part.end':
    case 'engine.failed':
    case 'engine.stuck':
    case 'engine.gone':
    case 'nodes.missing':
    case 'timer.set':
    case 'timer.clear':
      return effect.type;
  }
}
