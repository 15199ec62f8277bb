import { describe, expect, it } from 'vitest';

import { versionAdvice } from './version-advice.ts';

const at = (version: string, min = 1, max = 1) => ({ version, protocol: { min, max } });

describe('Advice on versions', () => {
  it('is none where all are the same, or differ in what is no version', () => {
    expect(
      versionAdvice(at('0.2.0'), at('0.2.0-dev'), [{ deployment: 'a', version: '0.2.0' }, { deployment: 'b' }]),
    ).toEqual([]);
  });

  it.each([
    ['an older control', at('0.10.0'), at('0.9.1'), ['Control is older (0.9.1): `fairlead upgrade` puts 0.10.0']],
    ['a newer control', at('0.9.1'), at('0.10.0'), ['This CLI is older than control (0.10.0)']],
    ['no common protocol', at('1.0.0', 2, 3), at('0.9.0', 1, 1), ['share no protocol version', 'Control is older']],
  ])('names the side to change for %s', (_what, cli, control, words) => {
    const advice = versionAdvice(cli, control, []);
    expect(advice).toHaveLength(words.length);
    for (const [index, word] of words.entries()) expect(advice[index]).toContain(word);
  });

  it('names the agents that are older', () => {
    const agents = [
      { deployment: 'old', version: '0.1.0' },
      { deployment: 'new', version: '0.2.0' },
    ];
    expect(versionAdvice(at('0.2.0'), at('0.2.0'), agents)).toEqual([expect.stringMatching(/\(old\)/)]);
  });
});
