import type { ReachableEndpoint } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { decideWay, type MuxState } from './decide-way.ts';

const at = (generation: number) =>
  ({ instanceId: 'aaaaaaaa', generation, address: { kind: 'bastion-socket', socket: '/s' } }) as ReachableEndpoint;
const states: Readonly<Record<string, MuxState>> = {
  none: { status: 'none', dialAfterMs: 100 },
  dialling: { status: 'dialling' },
  up: { status: 'up', endpoint: at(1) },
  plain: { status: 'plain', endpoint: at(1) },
};

describe('The way of a request', () => {
  it.each([
    ['none', { endpoint: at(1), nowMs: 100 }, 'channel-and-dial'],
    ['none', { endpoint: at(1), nowMs: 99 }, 'channel'],
    ['none', { endpoint: undefined, nowMs: 100 }, 'channel'],
    ['dialling', { endpoint: at(1), nowMs: 100 }, 'channel'],
    ['up', { endpoint: at(1), canOpen: true }, 'stream'],
    ['up', { endpoint: at(1), canOpen: false }, 'channel'],
    ['up', { endpoint: at(2), canOpen: true }, 'channel-and-dial'],
    ['up', { endpoint: undefined, canOpen: true }, 'channel'],
    ['up', { endpoint: at(2), isWaiting: true }, 'channel'],
    ['plain', { endpoint: at(1) }, 'channel'],
    ['plain', { endpoint: at(2) }, 'channel-and-dial'],
    ['plain', { endpoint: undefined }, 'channel'],
  ])('in %s with %o', (name, facts, way) => {
    expect(decideWay(states[name]!, { canOpen: false, isWaiting: false, nowMs: 0, ...facts })).toBe(way);
  });
});
