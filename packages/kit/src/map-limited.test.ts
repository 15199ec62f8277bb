import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapLimited } from './map-limited.ts';

describe('mapLimited', () => {
  it('runs no more than the limit at once, and answers in the order of the items', async () => {
    let running = 0;
    let most = 0;
    const results = await mapLimited([5, 4, 3, 2, 1, 0], 2, async (turns) => {
      most = Math.max(most, (running += 1));
      for (let turn = 0; turn < turns; turn += 1) await setImmediate();
      running -= 1;
      return turns * 10;
    });
    expect({ most, results }).toEqual({ most: 2, results: [50, 40, 30, 20, 10, 0] });
  });

  it('rejects with the first failure and starts nothing after it', async () => {
    const started: number[] = [];
    const work = mapLimited([1, 2, 3, 4], 1, async (item) => {
      started.push(item);
      if (item === 2) throw new Error('the disk is gone');
    });
    await expect(work).rejects.toThrow('the disk is gone');
    expect(started).toEqual([1, 2]);
  });

  it('resolves at once when there is nothing to do', async () => {
    await expect(mapLimited([], 4, async () => 1)).resolves.toEqual([]);
  });
});
