import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { expect, it } from 'vitest';

import { RequestBody } from './request-body.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is left once all that nothing refers to is gone. */
function heldBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

it('A body of a million chunks of one byte costs little more than its bytes', () => {
  const count = 1_000_000;
  const body = new RequestBody({ kind: 'chunked' }, 2 * count);
  const piece = Buffer.from('1\r\nx\r\n'.repeat(1_000));
  const before = heldBytes();
  for (let at = 0; at < count; at += 1_000) expect(body.take(piece).isDone).toBe(false);
  expect(heldBytes() - before).toBeLessThan(30_000_000);
  expect(body.take(Buffer.from('0\r\n\r\n')).isDone).toBe(true);
  const whole = body.whole();
  expect([whole.length, whole.equals(Buffer.alloc(count, 'x'))]).toEqual([count, true]);
});

it('Pieces small and large keep their order', () => {
  const pieces = [10, 5_000, 1, 1_023, 1_024, 70_000, 3].map((length, at) => Buffer.alloc(length, at + 65));
  const all = Buffer.concat(pieces);
  const body = new RequestBody({ kind: 'length', bytes: all.length }, all.length);
  const steps = pieces.map((piece) => body.take(piece).isDone);
  expect(steps.at(-1)).toBe(true);
  expect(body.heldBytes).toBe(all.length);
  expect(body.whole().equals(all)).toBe(true);
});
