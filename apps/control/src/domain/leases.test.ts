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

  it('last to the very end', () => {
    const leases = new Leases(100);
    leases.renew('a', 0);
    expect(leases.expired(100)).toEqual([]);
    expect(leases.leftMs('a', 40)).toBe(60);
    expect(leases.leftMs('b', 40)).toBeUndefined();
  });

  it('begin anew for all after a time of deafness', () => {
    const leases = new Leases(100);
    leases.renew('a', 0);
    leases.renewAll(500);
    expect(leases.expired(600)).toEqual([]);
    leases.end('a');
    expect(leases.size).toBe(0);
  });
});
