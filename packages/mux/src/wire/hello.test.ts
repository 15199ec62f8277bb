import { expect, it } from 'vitest';

import { decodeHello, encodeHello } from './hello.ts';

const limits = { version: 1, maxStreams: 9, windowBytes: 64 * 1024 };
const sessionId = Buffer.alloc(32, 3);

it.each([
  ['limits alone, as an earlier side sends them', encodeHello(limits).subarray(0, 10), limits],
  ['no features', encodeHello(limits), limits],
  ['resumption, by a consumer', encodeHello({ ...limits, canResume: true }), { ...limits, canResume: true }],
  [
    'resumption and an id, and what a later version appends',
    Buffer.concat([encodeHello({ ...limits, canResume: true, sessionId }), Buffer.from('later')]),
    { ...limits, canResume: true, sessionId },
  ],
  ['the largest window', encodeHello({ ...limits, windowBytes: 2 ** 31 - 1 }), { ...limits, windowBytes: 2 ** 31 - 1 }],
  ['a window beyond all credit', encodeHello({ ...limits, windowBytes: 2 ** 31 }), undefined],
  ['no window', encodeHello({ ...limits, windowBytes: 0 }), undefined],
  ['too little', encodeHello(limits).subarray(0, 9), undefined],
])('A hello with %s is read as what it says', (_, payload, hello) => {
  expect(decodeHello(payload)).toEqual(hello);
});
