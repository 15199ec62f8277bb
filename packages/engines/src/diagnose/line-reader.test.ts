import { describe, expect, it } from 'vitest';
import { createLineReader } from './line-reader.ts';

function read(chunks: readonly (string | Buffer)[], limitBytes?: number): string[] {
  const lines: string[] = [];
  const reader = createLineReader((line) => lines.push(line), limitBytes);
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  reader.end();
  return lines;
}

describe('The reader of lines', () => {
  it('finds the same lines wherever the bytes are cut', () => {
    const text = Buffer.from('a\n\nbücher\nlast');
    const whole = read([text]);
    expect(whole).toEqual(['a', '', 'bücher', 'last']);
    for (let at = 0; at <= text.length; at++) expect(read([text.subarray(0, at), text.subarray(at)])).toEqual(whole);
    expect(read(Array.from(text, (byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it('passes on the beginning of a long line, and all of the next line', () => {
    const long = 'x'.repeat(10_000_000);
    expect(read([`${long.slice(0, 70_000)}`, `${long.slice(70_000)}\nnext\n`], 100)).toEqual(['x'.repeat(100), 'next']);
    expect(read([`${long}\nnext`], 100)).toEqual(['x'.repeat(100), 'next']);
  });

  it('keeps no reference to the chunk', () => {
    const chunk = Buffer.from('begin');
    const lines: string[] = [];
    const reader = createLineReader((line) => lines.push(line));
    reader.push(chunk);
    chunk.fill(0x21);
    reader.end();
    expect(lines).toEqual(['begin']);
  });

  it('reads any bytes', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    expect(read([bytes])).toHaveLength(2);
  });
});
