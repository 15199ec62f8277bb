import type { OutageEvent } from '@fairlead/client';
import { expect, it } from 'vitest';

import { outageWords } from './say-outage.ts';

it.each<[OutageEvent, string]>([
  [
    { type: 'requests.paused', requests: 1, reason: 'read ECONNRESET' },
    'lost the connection (read ECONNRESET); 1 running request waits for the next one',
  ],
  [
    { type: 'requests.resumed', requests: 50, outageMs: 1_240 },
    'the connection is back after 1.2 s; 50 running requests went on',
  ],
  [
    { type: 'requests.lost', requests: 2, outageMs: 30_000, reason: 'the agent does not have this session any more' },
    'the connection was lost for 30.0 s, and 2 running requests with it: the agent does not have this session any more',
  ],
])('An outage %o is told in words', (event, words) => {
  expect(outageWords(event)).toBe(words);
});
