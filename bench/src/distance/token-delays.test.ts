import { describe, expect, it } from 'vitest';

import { TokenDelays } from './token-delays.ts';

describe('The delay of tokens', () => {
  it('is what they are late beyond the best of a calm time, also where several come together', () => {
    const delays = new TokenDelays(20);
    const take = delays.addStream();
    take(1, 1_005);
    take(1, 1_021);
    take(1, 1_044);
    delays.beginCounting();
    take(1, 1_061);
    take(3, 1_171);
    expect(delays.addedMs).toEqual([0, 90, 70, 50]);
  });

  it('is counted for each stream by its own pace', () => {
    const delays = new TokenDelays(20);
    const [one, other] = [delays.addStream(), delays.addStream()];
    one(1, 100);
    other(1, 500);
    delays.beginCounting();
    one(1, 125);
    other(1, 523);
    expect(delays.addedMs).toEqual([5, 3]);
  });
});
