import { describe, expect, it } from 'vitest';

import { preface } from './frame.ts';
import { sniffPreface } from './sniff-preface.ts';

describe('sniffPreface', () => {
  it('waits for the whole preface, and for nothing else', () => {
    for (let length = 1; length < preface.length; length += 1)
      expect(sniffPreface(preface.subarray(0, length))).toBe('more');
    expect(sniffPreface(preface)).toBe('mux');
    expect(sniffPreface(Buffer.concat([preface, Buffer.from('more')]))).toBe('mux');
  });

  it.each(['GET / HTTP/1.1\r\n', 'FLMUX', 'FLMUX2\r\n', '\x16\x03\x01', 'F ', 'POST'])('of %j', (text) => {
    expect(sniffPreface(Buffer.from(text, 'latin1'))).toBe(text === 'FLMUX' ? 'more' : 'plain');
  });
});
