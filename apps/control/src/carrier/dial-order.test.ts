import { describe, expect, it } from 'vitest';

import { byPromise, reservedForKnown, maxSockets, maxUnproven, mayDial, pickSurplus } from './dial-order.ts';

describe('The order of dialling', () => {
  it('dials sockets that never failed first, and the newest of them before the others', () => {
    const sockets = [
      { generation: 9, failures: 1 },
      { generation: 3, failures: 0 },
      { generation: 4, failures: 0 },
      { generation: 10, failures: 2 },
    ];
    expect(sockets.toSorted(byPromise).map(({ generation }) => generation)).toEqual([4, 3, 9, 10]);
  });

  it('keeps places for instances whose agent is known', () => {
    const shared = maxUnproven - reservedForKnown;
    expect(mayDial(shared - 1, false)).toBe(true);
    expect(mayDial(shared, false)).toBe(false);
    expect(mayDial(shared, true)).toBe(true);
    expect(mayDial(maxUnproven, true)).toBe(false);
  });
});

describe('The socket files of one instance', () => {
  const sockets = (count: number, inUse: number) =>
    Array.from({ length: count }, (_, n) => ({ generation: n + 1, failures: 0, isInUse: n + 1 === inUse }));

  it('are all kept as long as they are few', () => {
    expect(pickSurplus(sockets(maxSockets, 1))).toEqual([]);
  });

  it('are unlinked from the oldest on, but never the one in use', () => {
    const gone = pickSurplus(sockets(maxSockets + 4, 2)).map(({ generation }) => generation);
    expect(gone.toSorted((a, b) => a - b)).toEqual([1, 3, 4, 5]);
  });
});
