// Reads the end of a file, backwards, without reading the rest of it.

import type { FileHandle } from 'node:fs/promises';

const BLOCK_BYTES = 64 * 1024;
const LIMIT_BYTES = 16 * 1024 * 1024;

/** At most `count` whole lines before `endBytes`; a last line without its newline counts as one. */
export async function readLastLines(file: FileHandle, endBytes: number, count: number): Promise<string[]> {
  const blocks: Buffer[] = [];
  let at = endBytes;
  let newlines = 0;
  while (at > 0 && newlines <= count && endBytes - at < LIMIT_BYTES) {
    const sizeBytes = Math.min(BLOCK_BYTES, at);
    at -= sizeBytes;
    const block = await readAt(file, at, sizeBytes);
    blocks.unshift(block);
    newlines += block.toString('latin1').split('\n').length - 1;
  }
  const lines = Buffer.concat(blocks).toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  // The first one may be the rest of a line.
  if (at > 0) lines.shift();
  return count === 0 ? [] : lines.slice(-count);
}

export async function readAt(file: FileHandle, position: number, sizeBytes: number): Promise<Buffer> {
  const block = Buffer.alloc(sizeBytes);
  const { bytesRead } = await file.read(block, 0, sizeBytes, position);
  return block.subarray(0, bytesRead);
}
