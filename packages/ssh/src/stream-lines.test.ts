import { Readable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { StreamLines } from './stream-lines.ts';

describe('StreamLines', () => {
  it('lets a stream wait whose lines nothing reads, and loses none of them', async () => {
    const count = 100_000;
    let made = 0;
    const stream = new Readable({
      read() {
        this.push(made < count ? `${(made += 1)}\n` : null);
      },
    });
    const lines = new StreamLines(stream);
    expect(await lines.next()).toBe('1');
    while (!stream.isPaused()) await new Promise(setImmediate);
    expect(made).toBeLessThan(30_000);
    let last: string | undefined;
    let read = 1;
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      last = line;
      read += 1;
    }
    expect({ read, last }).toEqual({ read: count, last: `${count}` });
  });

  it('destroys a stream with a line over the limit', async () => {
    const stream = new Readable({ read: () => undefined });
    const lines = new StreamLines(stream);
    stream.push('x'.repeat(64 * 1024 + 1));
    expect(await lines.next()).toBeUndefined();
    expect(stream.destroyed).toBe(true);
  });
});
