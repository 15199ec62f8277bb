import { describe, expect, it } from 'vitest';

import { readAccountName, readLifetimeMs, readLimit, readModelNames } from './read-account.ts';

const refused = expect.objectContaining({ code: 'account_invalid', hint: expect.stringMatching(/^[A-Z].*\.$/) });

describe('What is typed of an account', () => {
  it.each(['bob', 'B.o_b-1@lab'])('may name it %s', (name) => {
    expect(readAccountName('the name', name)).toBe(name);
  });

  it.each(['', '-bob', 'a b', 'ä', 'x'.repeat(65), 'a/b'])('may not name it %j', (name) => {
    expect(() => readAccountName('the name', name)).toThrow(refused);
  });

  it.each([
    ['90m', 5_400_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
  ])('%s is a lifetime', (text, ms) => {
    expect(readLifetimeMs('--expires', text)).toBe(ms);
  });

  it.each(['', '0d', '5', '5y', '-1d', '99999d', '1.5h'])('%j is no lifetime', (text) => {
    expect(() => readLifetimeMs('--expires', text)).toThrow(refused);
  });

  it('limits are whole numbers above 0, models are names', () => {
    expect(readLimit('--concurrent', '7')).toBe(7);
    expect(readModelNames('a, org/b,a')).toEqual(['a', 'org/b']);
    for (const text of ['0', '-1', '1e3', '']) expect(() => readLimit('--concurrent', text)).toThrow(refused);
    expect(() => readModelNames('a,,b')).toThrow(refused);
  });
});
