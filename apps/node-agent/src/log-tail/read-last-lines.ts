// Finds the last lines of a file, backwards, without holding what it reads.

import type { FileHandle } from 'node:fs/promises';

const blockBytes = 64 * 1024;
const maxBytes = 16 * 1024 * 1024;
const newlineByte = 0x0a;

/**
 * Where the last `count` whole lines before `endBytes` begin; a last line without its newline counts as one. Fewer lines
 * where more than 16 MiB would have to be read.
 */
export async function startOfLastLines(file: FileHandle, endBytes: number, count: number): Promise<number> {
  const limit = Math.max(0, endBytes - maxBytes);
  let at = endBytes;
  let start = endBytes;
  let left = count;
  while (at > limit && left > 0) {
    const sizeBytes = Math.min(blockBytes, at - limit);
    at -= sizeBytes;
    for (const newline of newlinesFromTheEnd(await readAt(file, at, sizeBytes))) {
      // This one ends the last line.
      if (at + newline === endBytes - 1) continue;
      start = at + newline + 1;
      left -= 1;
      if (left === 0) break;
    }
  }
  return left > 0 && at === 0 ? 0 : start;
}

function* newlinesFromTheEnd(block: Buffer): Generator<number> {
  for (let at = block.lastIndexOf(newlineByte); at >= 0; at = at === 0 ? -1 : block.lastIndexOf(newlineByte, at - 1))
    yield at;
}

export async function readAt(file: FileHandle, position: number, sizeBytes: number): Promise<Buffer> {
  const block = Buffer.alloc(sizeBytes);
  const { bytesRead } = await file.read(block, 0, sizeBytes, position);
  return block.subarray(0, bytesRead);
}
