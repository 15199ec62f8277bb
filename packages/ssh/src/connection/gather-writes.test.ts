import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { gatherWrites } from './gather-writes.ts';

/** Notes what reaches it at once. */
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
  gatherWrites(stream);
  return { stream, bursts };
}

const endOfTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('gatherWrites', () => {
  it('sends what is written in one turn at once, in its order', async () => {
    const { stream, bursts } = createRecorder();
    stream.write('a');
    stream.write('b');
    await Promise.resolve();
    process.nextTick(() => stream.write('c'));
    expect(bursts).toEqual([]);
    await endOfTurn();
    expect(bursts).toEqual([['a', 'b', 'c']]);
  });

  it('sends what is written later in its own turn', async () => {
    const { stream, bursts } = createRecorder();
    stream.write('a');
    await endOfTurn();
    stream.write('b');
    await endOfTurn();
    expect(bursts).toEqual([['a'], ['b']]);
  });

  it('loses nothing of what is written just before the end', async () => {
    const { stream, bursts } = createRecorder();
    stream.write('a');
    stream.end('b');
    await once(stream, 'finish');
    expect(bursts.flat()).toEqual(['a', 'b']);
  });

  it('calls back each writer, and says when it is full and when there is room again', async () => {
    const { stream } = createRecorder(2);
    const called: string[] = [];
    stream.write('aa', () => called.push('aa'));
    expect(stream.write('b', () => called.push('b'))).toBe(false);
    await once(stream, 'drain');
    expect(called).toEqual(['aa', 'b']);
  });
});
