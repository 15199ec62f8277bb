import { describe, expect, test } from 'vitest';

import { createTurns } from './turns.ts';

describe('turns', () => {
  test('are taken by so many at a time, in the order they came, also after a failure', async () => {
    const turns = createTurns(2);
    const begun: number[] = [];
    const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<number>());
    const runs = ends.map(({ promise }, at) => turns.run(() => (begun.push(at), promise)));
    expect(begun).toEqual([0, 1]);
    ends[1]?.reject(new Error('refused'));
    await expect(runs[1]).rejects.toThrow('refused');
    expect(begun).toEqual([0, 1, 2]);
    const late = turns.run(async () => begun.push(4));
    ends[0]?.resolve(0);
    await runs[0];
    expect(begun).toEqual([0, 1, 2, 3]);
    ends[2]?.resolve(2);
    ends[3]?.resolve(3);
    expect(await Promise.all([runs[2], runs[3], late])).toEqual([2, 3, 5]);
  });

  test('are neither held nor lost by a caller whose signal has fired', async () => {
    const turns = createTurns(1);
    const first = Promise.withResolvers<string>();
    const running = turns.run(() => first.promise);
    const gone = new AbortController();
    const begun: string[] = [];
    const given = turns.run(async () => begun.push('given up'), gone.signal);
    const next = turns.run(async () => begun.push('next'));
    gone.abort(new Error('has left'));
    await expect(given).rejects.toThrow('has left');
    first.resolve('done');
    expect(await Promise.all([running, next])).toEqual(['done', 1]);
    await turns.run(async () => begun.push('last'));
    expect(begun).toEqual(['next', 'last']);
  });
});
