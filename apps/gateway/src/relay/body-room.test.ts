import { expect, it } from 'vitest';

import { BodyRoom } from './body-room.ts';

it('A member takes at most half of the room, all take at most all of it, and what is given back is there again', () => {
  const room = new BodyRoom(100);
  expect(room.take('ann', 51)).toBe(false);
  expect(room.take('ann', 50)).toBe(true);
  expect(room.take('ann', 1)).toBe(false);
  expect(room.take('bob', 30)).toBe(true);
  expect(room.take('eve', 21)).toBe(false);
  expect(room.take('eve', 20)).toBe(true);
  room.give('ann', 50);
  expect(room.take('bob', 20)).toBe(true);
  expect(room.take('ann', 30)).toBe(true);
  expect(room.take('eve', 1)).toBe(false);
});
