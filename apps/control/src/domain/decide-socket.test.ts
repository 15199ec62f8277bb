// What the dialler does with each socket file of the run directory.

import { describe, expect, it } from 'vitest';

import { decideParked, decideSocket, type SocketFacts } from './decide-socket.ts';
import type { Life } from './records.ts';

const agent = { processId: 'p1', restart: 0, hostname: 'node1' };
const asRequested = { code: 'agent_lost', message: '' } as const;
const waiting: Life = { phase: 'waiting', state: { status: 'submitted' }, retired: 0 };
const attended: Life = { phase: 'attended', agent, state: { status: 'ready' }, generation: 5, retired: 3 };
const lost: Life = {
  phase: 'lost',
  agent,
  state: { status: 'failed', cause: asRequested },
  generation: 5,
  retired: 3,
};
const ended: Life = {
  phase: 'ended',
  by: 'agent',
  agent,
  state: { status: 'stopped', cause: asRequested },
  retired: 5,
};
const cancelled: Life = {
  phase: 'ended',
  by: 'submitter',
  state: { status: 'failed', cause: asRequested },
  retired: 5,
};

const facts: SocketFacts = {
  kind: 'control',
  generation: 5,
  owner: { kind: 'current', life: attended, linkedGeneration: undefined },
  ageMs: 0,
  failing: undefined,
  leaseMs: 15_000,
};

function of(life: Life, linkedGeneration?: number): Pick<SocketFacts, 'owner'> {
  return { owner: { kind: 'current', life, linkedGeneration } };
}

const data = { kind: 'data' } as const;
const old = { ageMs: 16_000 };
const unknown = { owner: { kind: 'unknown' } } as const;
const former = { owner: { kind: 'former', forMs: 0 }, ...old } as const;
const longFormer = { owner: { kind: 'former', forMs: 16_000 } } as const;
const stale = { failing: { forMs: 16_000, times: 3 } };

const cases: Array<[title: string, change: Partial<SocketFacts>, decision: string]> = [
  ['a control socket of a waiting instance', of(waiting), 'dial'],
  ['a control socket of an attended instance', {}, 'dial'],
  ['a control socket before the one in use', of(attended, 6), 'unlink'],
  ['a control socket after the one in use', { ...of(attended, 5), generation: 6 }, 'dial'],
  ['a control socket of a lost instance', of(lost), 'dial'],
  ['a control socket of an instance that its agent ended', of(ended), 'unlink'],
  [
    'a control socket of the next restart of an instance that its agent ended',
    { ...of(ended), generation: 10_001 },
    'dial',
  ],
  ['a control socket of a cancelled instance', of(cancelled), 'dial'],
  ['a control socket that has failed three times in more than a lease', stale, 'unlink'],
  ['a control socket that has failed once, long ago', { failing: { forMs: 60_000, times: 1 } }, 'dial'],
  ['a control socket of an unknown instance', unknown, 'keep'],
  ['a control socket of an unknown instance after a lease', { ...unknown, ...old }, 'unlink'],
  ['a control socket of a replaced instance', former, 'dial'],
  ['a control socket of a replaced instance after a lease', longFormer, 'unlink'],
  ['the data socket in use', data, 'keep'],
  ['a data socket before the one in use', { ...data, generation: 4 }, 'unlink'],
  ['a data socket that its agent has not reported yet', { ...data, generation: 6 }, 'keep'],
  ['a data socket of a waiting instance', { ...data, ...of(waiting) }, 'keep'],
  ['the data socket of a lost instance', { ...data, ...of(lost) }, 'park'],
  ['a new data socket of a lost instance', { ...data, ...of(lost), generation: 6 }, 'keep'],
  [
    'an unexplained data socket of a lost instance after a lease',
    { ...data, ...of(lost), generation: 6, ...old },
    'unlink',
  ],
  ['a retired data socket', { ...data, ...of(ended) }, 'unlink'],
  ['a data socket of a replaced instance', { ...data, ...former }, 'unlink'],
  ['a data socket of an unknown instance', { ...data, ...unknown }, 'keep'],
];

describe('decideSocket', () => {
  it.each(cases)('judges %s', (_title, change, decision) => {
    expect(decideSocket({ ...facts, ...change })).toBe(decision);
  });

  it('unlinks both kinds of a restart that a newer one has fenced', () => {
    const life: Life = { ...attended, agent: { ...agent, restart: 1 }, generation: 10_001, retired: 10_000 };
    expect(decideSocket({ ...facts, ...of(life) })).toBe('unlink');
    expect(decideSocket({ ...facts, ...data, ...of(life) })).toBe('unlink');
  });
});

describe('decideParked', () => {
  const parked = { generation: 5, ageMs: 0, leaseMs: 15_000 };

  it.each<[string, SocketFacts['owner'], number, string]>([
    ['of a lost instance', of(lost).owner, 0, 'keep'],
    ['of a lost instance after a long time', of(lost).owner, 301_000, 'unlink'],
    ['of an ended instance', of(ended).owner, 0, 'unlink'],
    ['of an unknown instance', unknown.owner, 0, 'unlink'],
    ['of an instance that answers elsewhere', of({ ...attended, generation: 6 }).owner, 0, 'unlink'],
  ])('judges a socket %s', (_title, owner, ageMs, decision) => {
    expect(decideParked({ ...parked, owner, ageMs })).toBe(decision);
  });
});
