import { expect, test } from 'vitest';
import { waveSeconds } from './wave-seconds.ts';

/** Mono, 16 bits, 16,000 samples a second. */
function wave(soundBytes: number, statedBytes = soundBytes, before = Buffer.alloc(0)): Uint8Array {
  const head = Buffer.from('RIFF....WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0', 'latin1');
  const data = Buffer.alloc(8);
  data.write('data');
  data.writeUInt32LE(statedBytes, 4);
  return Buffer.concat([head, before, data, Buffer.alloc(soundBytes)]);
}

test.each([
  ['as long as its sound', wave(48_000), 1.5],
  ['as long as what is there of it', wave(16_000, 48_000), 0.5],
  ['of a pipe, which states no size', wave(32_000, 0xffffffff), 1],
  ['with another chunk of odd size before the sound', wave(32_000, 32_000, Buffer.from('LIST\x03\0\0\0abc\0')), 1],
  ['without sound', wave(0), 0],
])('waveSeconds: a file %s', (_what, file, seconds) => {
  expect(waveSeconds(file)).toBe(seconds);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('no sound at all, but text')],
  ['a head that is cut', wave(8).subarray(0, 14)],
  ['a file without a format', Buffer.from('RIFF....WAVEdata\x02\0\0\0ab', 'latin1')],
])('waveSeconds: %s is no such file', (_what, file) => {
  expect(waveSeconds(file)).toBeUndefined();
});
