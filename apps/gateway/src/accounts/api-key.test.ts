import { randomBytes } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createApiKey, hashApiKey, parseApiKey } from './api-key.ts';

const seed = fc.uint8Array({ minLength: 40, maxLength: 40 }).map((bytes) => Buffer.from(bytes));

describe("A member's key", () => {
  it('is read back with its id, whatever its bytes', () => {
    fc.assert(
      fc.property(seed, (random) => {
        const { id, key } = createApiKey(random);
        expect(parseApiKey(key.reveal())).toEqual({ ok: true, id });
      }),
    );
  });

  it('with any one character changed, or a character more or less, is told as mistyped', () => {
    fc.assert(
      fc.property(seed, fc.nat(49), fc.constantFrom('a', 'z', '7', '_', 'A', ''), (random, at, other) => {
        const text = createApiKey(random).key.reveal();
        const place = 4 + (at % (text.length - 4));
        const changed = text.slice(0, place) + other + text.slice(place + 1);
        fc.pre(changed !== text);
        expect(parseApiKey(changed)).toEqual({ ok: false, reason: 'mistyped' });
      }),
      { numRuns: 500 },
    );
  });

  it.each(['', 'sk-abc', 'fl_abcdefgh', 'Bearer flk_'])('is not %j', (text) => {
    expect(parseApiKey(text)).toEqual({ ok: false, reason: 'foreign' });
  });

  it('is never printed, and its hash is not the key', () => {
    const { key } = createApiKey(randomBytes(40));
    expect(String(key) + JSON.stringify({ key })).not.toContain('flk_');
    expect(hashApiKey(key.reveal()).toString('latin1')).not.toContain('flk_');
  });
});
