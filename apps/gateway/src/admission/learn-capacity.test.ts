import { expect, it } from 'vitest';

import { learnCapacity, usualCapacity } from './learn-capacity.ts';

/** What an engine says of its load. It runs at most `fits` requests at once; the others wait in it. */
const loadOf = (inFlight: number, fits: number) => ({
  inFlight,
  running: Math.min(inFlight, fits),
  waiting: Math.max(0, inFlight - fits),
});

it.each([4, 64, 200, 1_000])(
  'A gateway that sends all it may finds within an eighth of the %d requests that fit',
  (fits) => {
    let known = usualCapacity;
    for (let look = 0; look < 40; look += 1) known = learnCapacity(known, loadOf(known, fits), known);
    expect(known).toBeGreaterThanOrEqual(fits);
    expect(known).toBeLessThanOrEqual(fits + Math.ceil(fits / 8));
  },
);

it.each([
  ['nothing is told', undefined, 256, 256],
  ['the engine has no counts', { inFlight: 900 }, 256, 256],
  ['fewer run than may', loadOf(10, 64), 10, 256],
  ['the engine queues, and runs none of it', { inFlight: 5, running: 0, waiting: 5 }, 5, 256],
  ['the engine queues', loadOf(100, 64), 100, 64],
  ['all that may run', loadOf(256, 300), 256, 288],
])('What is known stays or changes where %s', (_, load, inFlight, then) => {
  expect(learnCapacity(256, load, inFlight)).toBe(then);
});
