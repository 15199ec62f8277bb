import { PassThrough } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { linesOf } from './lines-of.ts';

describe('The lines of a stream', () => {
  it('are whole, also where a chunk ends inside a character', async () => {
    const stream = new PassThrough();
    const bytes = Buffer.from('ä\nö');
    stream.write(bytes.subarray(0, 1));
    stream.write(bytes.subarray(1, 4));
    stream.end(bytes.subarray(4));
    const lines: string[] = [];
    for await (const line of linesOf(stream, new AbortController().signal)) lines.push(line);
    expect(lines).toEqual(['ä', 'ö']);
  });

  it('end with the signal, although more would come', async () => {
    const stream = new PassThrough();
    const stop = new AbortController();
    const lines = linesOf(stream, stop.signal);
    stream.write('first\n');
    expect((await lines.next()).value).toBe('first');
    const next = lines.next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow();
    expect(stream.destroyed).toBe(true);
  });
});
