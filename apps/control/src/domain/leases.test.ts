// When leases end.

import { describe, expect, it } from 'vitest';

import { Leases } from './leases.ts';

describe('Leases', () => {
  it('end in the order in which they were renewed last', () => {
    const leases = new Leases(100);
    leases.renew('a', 0);
    leases.renew('b', 10);
    leases.renew('a', 20);
    expect(leases.expired(115)).toEqual([{ id: 'b', silentMs: 105 }]);
    expect(leases.expired(121).map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it('last for their whole time', () => {
    const leases = new Leases(100);
    leases.renew('a', 0);
    expect(leases.expired(100)).toEqual([]);
    expect(leases.leftMs('a', 40)).toBe(60);
    expect(leases.leftMs('b', 40)).toBeUndefined();
  });

  it('are all renewed after a time in which control could hear no agent', () => {
    const leases = new Leases(100);
    leases.renew('a', 0);
    leases.renewAll(500);
    expect(leases.expired(600)).toEqual([]);
    leases.end('a');
    expect(leases.size).toBe(0);
  });
});
