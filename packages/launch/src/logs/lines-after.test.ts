import { expect, it } from 'vitest';

import { linesAfter } from './lines-after.ts';

it.each([
  ['goes on where the other source stopped', ['a', 'b', 'c'], ['b', 'c', 'd', 'e'], ['d', 'e']],
  ['is not misled by an earlier line of the same words', ['x', 'b', 'c'], ['b', 'y', 'b', 'x', 'b', 'c', 'd'], ['d']],
  ['has nothing new', ['a', 'b'], ['a', 'b'], []],
  ['finds a short beginning', ['a', 'b', 'c'], ['c', 'd'], ['d']],
  ['shows all where the place is gone', ['a'], ['d', 'e'], ['d', 'e']],
  ['shows all where nothing was shown', [], ['d'], ['d']],
])('linesAfter %s', (_title, shown, block, fresh) => {
  expect(linesAfter(shown, block)).toEqual(fresh);
});
