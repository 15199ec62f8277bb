import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellJoin, shellQuote } from './shell.ts';

describe('shellQuote', () => {
  it('leaves plain words as they are, and quotes the rest', () => {
    expect(shellQuote('/a/b-c_1.txt')).toBe('/a/b-c_1.txt');
    expect(shellQuote('a b')).toBe("'a b'");
    expect(shellQuote("it's")).toBe(`'it'\\''s'`);
    expect(shellQuote('')).toBe("''");
  });

  it('refuses what no argument can hold', () => expect(() => shellQuote('a\0b')).toThrow('NUL'));
});

it('shellJoin makes a line that a shell takes apart into the same words', () => {
  const words = ['a b', "it's", '$HOME', '`id`', '*', '', '\n', String.raw`back\slash`, '!!', 'é', '-n', '~'];
  const printed = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${shellJoin(words)}`], { encoding: 'utf8' });
  expect(printed.split('\0').slice(0, -1)).toEqual(words);
});
