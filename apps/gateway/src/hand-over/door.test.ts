import { PassThrough } from 'node:stream';

import { expect, it } from 'vitest';

import { Door } from './door.ts';

it('Connections that come before the data path is open wait for it, also those that are reset meanwhile', () => {
  const taken: unknown[] = [];
  using door = new Door();
  const early = [new PassThrough(), new PassThrough()] as const;
  for (const connection of early) door.accept(connection);
  early[1].emit('error', new Error('reset'));
  door.open({ accept: (connection) => void taken.push(connection) });
  const late = new PassThrough();
  door.accept(late);
  expect(taken).toEqual([...early, late]);
});

it('Connections are closed where the data path is never opened', () => {
  const connection = new PassThrough();
  {
    using door = new Door();
    door.accept(connection);
  }
  expect(connection.destroyed).toBe(true);
});
