// Whether a connection's first bytes are those of a mux. One byte is enough to know that they are not.

import { preface } from './frame.ts';

export type Sniffed = 'mux' | 'plain' | 'more';

/** `bytes`: all that came, at least one. The answer is the same wherever they were split. */
export function sniffPreface(bytes: Buffer): Sniffed {
  const length = Math.min(bytes.length, preface.length);
  if (bytes.compare(preface, 0, length, 0, length) !== 0) return 'plain';
  return length === preface.length ? 'mux' : 'more';
}
