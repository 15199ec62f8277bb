import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLineCutter, linesOf } from './line-cutter.ts';

describe('createLineCutter', () => {
  it('gives each line once its end has come, and holds the rest', () => {
    const cutter = createLineCutter();
    expect(cutter.write('one\ntw')).toEqual(['one']);
    expect(cutter.heldChars).toBe(2);
    expect(cutter.write('o\n\nthree')).toEqual(['two', '']);
    expect(cutter.rest()).toBe('three');
    expect(createLineCutter().rest()).toBeUndefined();
  });

  it('gives and holds the beginning of a long line, wherever it is cut', () => {
    const text = 'abcdefghij\nnext\nlonger';
    for (let at = 0; at <= text.length; at++) {
      const cutter = createLineCutter({ keepChars: 4 });
      const lines = [...cutter.write(text.slice(0, at)), ...cutter.write(text.slice(at))];
      expect([...lines, cutter.rest()]).toEqual(['abcd', 'next', 'long']);
      expect(cutter.heldChars).toBe(4);
    }
  });
});

describe('linesOf', () => {
  const collect = async (lines: AsyncIterable<string>) => {
    const found: string[] = [];
    for await (const line of lines) found.push(line);
    return found;
  };

  it('cuts where the lines end, not where the chunks do, characters of several bytes included', async () => {
    const bytes = Buffer.from('grüße\nand more\nno end');
    const stream = Readable.from([bytes.subarray(0, 3), bytes.subarray(3, 12), bytes.subarray(12)], {
      objectMode: false,
    });
    expect(await collect(linesOf(stream))).toEqual(['grüße', 'and more', 'no end']);
  });

  it('throws after its signal, and destroys the stream when the loop is left', async () => {
    const over = new AbortController();
    const endless = new PassThrough();
    endless.write('one\n');
    const reading = collect(linesOf(endless, over.signal));
    over.abort(new Error('enough'));
    await expect(reading).rejects.toThrow();
    const left = new PassThrough();
    left.write('one\ntwo\n');
    for await (const line of linesOf(left)) {
      expect(line).toBe('one');
      break;
    }
    expect(left.destroyed).toBe(true);
  });
});
