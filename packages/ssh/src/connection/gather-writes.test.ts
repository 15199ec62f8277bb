import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { gatherWrites } from './gather-writes.ts';

/** A stream that records which chunks reach it together. */
function createRecorder(highWaterMark = 16_384) {
  const bursts: string[][] = [];
  const text = (chunk: unknown) => (chunk as Buffer).toString();
  const stream = new Duplex({
    highWaterMark,
    read() {},
    write(chunk, _encoding, callback) {
      bursts.push([text(chunk)]);
      callback();
    },
    writev(chunks, callback) {
      bursts.push(chunks.map(({ chunk }) => text(chunk)));
      callback();
    },
  });
  const flush = gatherWrites(stream);
  return { stream, bursts, flush };
}

const endOfTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('gatherWrites', () => {
  it('sends the writes of one turn together, in their order', async () => {
    const { stream, bursts } = createRecorder();
    stream.write('a');
    stream.write('b');
    await Promise.resolve();
    process.nextTick(() => stream.write('c'));
    expect(bursts).toEqual([]);
    await endOfTurn();
    expect(bursts).toEqual([['a', 'b', 'c']]);
  });

  it('sends later writes in their own turn', async () => {
    const { stream, bursts } = createRecorder();
    stream.write('a');
    await endOfTurn();
    stream.write('b');
    await endOfTurn();
    expect(bursts).toEqual([['a'], ['b']]);
  });

  it('sends at once what a caller flushes, and later writes of the turn at its end', async () => {
    const { stream, bursts, flush } = createRecorder();
    stream.write('a');
    stream.write('b');
    flush();
    expect(bursts).toEqual([['a', 'b']]);
    flush();
    stream.write('c');
    expect(bursts).toEqual([['a', 'b']]);
    await endOfTurn();
    expect(bursts).toEqual([['a', 'b'], ['c']]);
  });

  it('loses no write just before the end', async () => {
    const { stream, bursts } = createRecorder();
    stream.write('a');
    stream.end('b');
    await once(stream, 'finish');
    expect(bursts.flat()).toEqual(['a', 'b']);
  });

  it('calls back each writer, and signals a full buffer and its drain', async () => {
    const { stream } = createRecorder(2);
    const called: string[] = [];
    stream.write('aa', () => called.push('aa'));
    expect(stream.write('b', () => called.push('b'))).toBe(false);
    await once(stream, 'drain');
    expect(called).toEqual(['aa', 'b']);
  });
});
