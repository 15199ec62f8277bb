import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createSecret, namesSecret, Secret } from './secret.ts';

describe('Secret', () => {
  const secret = new Secret('fle_hidden');

  it('is printed as *** whichever way it becomes text, and revealed only when asked', () => {
    const texts = [
      String(secret),
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: [secret] }),
      format('%s %o', secret, secret),
    ];
    for (const text of texts) {
      expect(text).toContain('***');
      expect(text).not.toContain('hidden');
    }
    expect(Object.values(secret)).toEqual([]);
    expect(secret.reveal()).toBe('fle_hidden');
  });

  it('matches its own value and no other', () => {
    expect(secret.matches('fle_hidden')).toBe(true);
    for (const other of ['', 'fle_hidde', 'fle_hidden ', '***']) expect(secret.matches(other)).toBe(false);
  });
});

it('createSecret gives a new value each time, behind its prefix', () => {
  const [one, two] = [createSecret('fl_'), createSecret('fl_')];
  expect(one.reveal()).toMatch(/^fl_[A-Za-z0-9_-]{43}$/);
  expect(one.reveal()).not.toBe(two.reveal());
});

it.each([
  ['HF_TOKEN', true],
  ['OPENAI_API_KEY', true],
  ['openai_apikey', true],
  ['PASSWORD', true],
  ['AWS_SECRET_ACCESS_KEY', true],
  ['TOKENIZERS_PARALLELISM', false],
  ['MAX_TOKENS', false],
  ['KEYBOARD', false],
])('namesSecret(%j) is %s', (name, is) => expect(namesSecret(name)).toBe(is));
