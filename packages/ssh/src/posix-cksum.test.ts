import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

import { expect, it } from 'vitest';

import { posixCksum } from './posix-cksum.ts';

it.each([0, 1, 2, 255, 256, 257, 65_536, 1_000_003])('posixCksum of %i bytes is what cksum prints', (sizeBytes) => {
  const bytes = randomBytes(sizeBytes);
  expect(posixCksum(bytes)).toBe(execFileSync('cksum', { input: bytes, encoding: 'utf8' }).trim());
});
