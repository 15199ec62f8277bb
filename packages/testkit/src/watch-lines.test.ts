import { PassThrough } from 'node:stream';

import { expect, it } from 'vitest';

import { watchLines } from './watch-lines.ts';

const never = new Promise<string>(() => undefined);

it('finds a line that has come, and one that is to come', async () => {
  const input = new PassThrough();
  const watched = watchLines(input);
  const later = watched.line((line) => line.startsWith('b'), never);
  input.write('a1\nb');
  expect(await watched.line((line) => line.startsWith('a'), never)).toBe('a1');
  input.end('2\nc');
  expect(await later).toBe('b2');
  await watched.closed;
  expect(watched.lines).toEqual(['a1', 'b2', 'c']);
});

it('tells why no such line will come', async () => {
  const watched = watchLines(new PassThrough().end('a\n'));
  const ended = watched.closed.then(() => 'it ended with 1');
  await expect(watched.line((line) => line === 'b', ended)).rejects.toThrow('it ended with 1');
});
