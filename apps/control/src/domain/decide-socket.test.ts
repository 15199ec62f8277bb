// What the dialler does with each socket file of the run directory.

import { describe, expect, it } from 'vitest';

import { decideParked, decideSocket, type SocketFacts } from './decide-socket.ts';
import type { Life } from './records.ts';

const AGENT = { processId: 'p1', restart: 0, hostname: 'node1' };
const CAUSE = { code: 'agent_lost', message: '' } as const;
const WAITING: Life = { phase: 'waiting', state: { status: 'submitted' }, retired: 0 };
const ATTENDED: Life = { phase: 'attended', agent: AGENT, state: { status: 'ready' }, generation: 5, retired: 3 };
const LOST: Life = {
  phase: 'lost',
  agent: AGENT,
  state: { status: 'failed', cause: CAUSE },
  generation: 5,
  retired: 3,
};
const ENDED: Life = {
  phase: 'ended',
  by: 'agent',
  agent: AGENT,
  state: { status: 'stopped', cause: CAUSE },
  retired: 5,
};
const CANCELLED: Life = { phase: 'ended', by: 'submitter', state: { status: 'failed', cause: CAUSE }, retired: 5 };

const FACTS: SocketFacts = {
  kind: 'control',
  generation: 5,
  owner: { kind: 'current', life: ATTENDED, linkedGeneration: undefined },
  ageMs: 0,
  failing: undefined,
  leaseMs: 15_000,
};

function of(life: Life, linkedGeneration?: number): Pick<SocketFacts, 'owner'> {
  return { owner: { kind: 'current', life, linkedGeneration } };
}

const DATA = { kind: 'data' } as const;
const OLD = { ageMs: 16_000 };
const UNKNOWN = { owner: { kind: 'unknown' } } as const;
const FORMER = { owner: { kind: 'former', forMs: 0 }, ...OLD } as const;
const LONG_FORMER = { owner: { kind: 'former', forMs: 16_000 } } as const;
const STALE = { failing: { forMs: 16_000, times: 3 } };

const CASES: Array<[title: string, change: Partial<SocketFacts>, decision: string]> = [
  ['a control socket of a waiting instance', of(WAITING), 'dial'],
  ['a control socket of an attended instance', {}, 'dial'],
  ['a control socket before the one in use', of(ATTENDED, 6), 'unlink'],
  ['a control socket after the one in use', { ...of(ATTENDED, 5), generation: 6 }, 'dial'],
  ['a control socket of a lost instance', of(LOST), 'dial'],
  ['a control socket of an instance that its agent ended', of(ENDED), 'unlink'],
  [
    'a control socket of the next restart of an instance that its agent ended',
    { ...of(ENDED), generation: 10_001 },
    'dial',
  ],
  ['a control socket of a cancelled instance', of(CANCELLED), 'dial'],
  ['a control socket that has failed three times in more than a lease', STALE, 'unlink'],
  ['a control socket that has failed once, long ago', { failing: { forMs: 60_000, times: 1 } }, 'dial'],
  ['a control socket of an unknown instance', UNKNOWN, 'keep'],
  ['a control socket of an unknown instance after a lease', { ...UNKNOWN, ...OLD }, 'unlink'],
  ['a control socket of a replaced instance', FORMER, 'dial'],
  ['a control socket of a replaced instance after a lease', LONG_FORMER, 'unlink'],
  ['the data socket in use', DATA, 'keep'],
  ['a data socket before the one in use', { ...DATA, generation: 4 }, 'unlink'],
  ['a data socket that its agent has not reported yet', { ...DATA, generation: 6 }, 'keep'],
  ['a data socket of a waiting instance', { ...DATA, ...of(WAITING) }, 'keep'],
  ['the data socket of a lost instance', { ...DATA, ...of(LOST) }, 'park'],
  ['a new data socket of a lost instance', { ...DATA, ...of(LOST), generation: 6 }, 'keep'],
  [
    'an unexplained data socket of a lost instance after a lease',
    { ...DATA, ...of(LOST), generation: 6, ...OLD },
    'unlink',
  ],
  ['a retired data socket', { ...DATA, ...of(ENDED) }, 'unlink'],
  ['a data socket of a replaced instance', { ...DATA, ...FORMER }, 'unlink'],
  ['a data socket of an unknown instance', { ...DATA, ...UNKNOWN }, 'keep'],
];

describe('decideSocket', () => {
  it.each(CASES)('judges %s', (_title, change, decision) => {
    expect(decideSocket({ ...FACTS, ...change })).toBe(decision);
  });

  it('unlinks both kinds of a restart that a newer one has fenced', () => {
    const life: Life = { ...ATTENDED, agent: { ...AGENT, restart: 1 }, generation: 10_001, retired: 10_000 };
    expect(decideSocket({ ...FACTS, ...of(life) })).toBe('unlink');
    expect(decideSocket({ ...FACTS, ...DATA, ...of(life) })).toBe('unlink');
  });
});

describe('decideParked', () => {
  const parked = { generation: 5, ageMs: 0, leaseMs: 15_000 };

  it.each<[string, SocketFacts['owner'], number, string]>([
    ['of a lost instance', of(LOST).owner, 0, 'keep'],
    ['of a lost instance after a long time', of(LOST).owner, 301_000, 'unlink'],
    ['of an ended instance', of(ENDED).owner, 0, 'unlink'],
    ['of an unknown instance', UNKNOWN.owner, 0, 'unlink'],
    ['of an instance that answers elsewhere', of({ ...ATTENDED, generation: 6 }).owner, 0, 'unlink'],
  ])('judges a socket %s', (_title, owner, ageMs, decision) => {
    expect(decideParked({ ...parked, owner, ageMs })).toBe(decision);
  });
});
