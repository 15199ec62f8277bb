import { expect, it } from 'vitest';

import { pickGivenUp } from './pick-given-up.ts';

const limits = { resumeMs: 100, waitingSessionBytes: 50, waitingBytes: 80 };
const session = (name: string, sinceMs: number, heldBytes: number) => ({ name, sinceMs, heldBytes });

it.each([
  ['none while they fit', [session('a', 1, 50), session('b', 2, 30)], []],
  ['one that waits for too long', [session('a', 0, 1), session('b', 1, 1)], ['a']],
  ['one that holds too much', [session('a', 50, 51), session('b', 40, 50)], ['a']],
  [
    'those that have waited longest where all hold too much',
    [session('a', 3, 40), session('b', 2, 40), session('c', 1, 40)],
    ['c'],
  ],
  ['no more than it must', [session('a', 3, 40), session('b', 2, 1), session('c', 1, 50)], ['c']],
])('The front gives up %s', (_, waiting, names) => {
  expect(pickGivenUp(waiting, limits, 100).map(({ name }) => name)).toEqual(names);
});
