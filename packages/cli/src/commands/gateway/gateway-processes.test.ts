import { expect, it } from 'vitest';

import { gatewayEnded, endOf } from './gateway-processes.ts';

it.each([
  ['what it said', 'no room', { exitCode: 1, signalCode: null }, 'the gateway has ended: no room'],
  [
    'the signal that ended it',
    '',
    { exitCode: null, signalCode: 'SIGKILL' as const },
    'the gateway has ended: SIGKILL has ended it',
  ],
  [
    'its exit code',
    ' \n',
    { exitCode: 134, signalCode: null },
    'the gateway has ended: it said nothing (exit code 134)',
  ],
])('Of a process that has ended it is told %s', (_what, said, ended, words) => {
  expect(gatewayEnded(endOf(said, ended)).message).toBe(words);
});
