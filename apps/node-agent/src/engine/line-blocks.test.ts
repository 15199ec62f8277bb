import { expect, it } from 'vitest';
import { createLineBlocks } from './line-blocks.ts';

function blocksOf(...chunks: string[]): string[] {
  const blocks: string[] = [];
  const splitter = createLineBlocks((block) => blocks.push(block.toString()));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return blocks;
}

it('createLineBlocks gives whole lines, whatever the chunks are', () => {
  expect(blocksOf('one\ntw', 'o', '\nthree')).toEqual(['one\n', 'two\n', 'three\n']);
});

it('createLineBlocks takes a carriage return for the end of a line', () => {
  expect(blocksOf('\rshards:  0%\n\rshards: 100%\n\n')).toEqual(['\nshards:  0%\nshards: 100%\n']);
  expect(blocksOf('50%\r', '60%')).toEqual(['50%\n', '60%\n']);
});

it('createLineBlocks keeps characters of several bytes whole', () => {
  const bytes = Buffer.from('█▄▀\r\nß\n');
  const blocks: Buffer[] = [];
  const splitter = createLineBlocks((block) => blocks.push(Buffer.from(block)));
  for (const byte of bytes) splitter.push(Buffer.from([byte]));
  splitter.end();
  expect(Buffer.concat(blocks).toString()).toBe('█▄▀\n\nß\n');
});

it('createLineBlocks cuts a line that never ends', () => {
  const blocks = blocksOf('x'.repeat(50_000), 'x'.repeat(50_000), 'end\n');
  expect(blocks).toHaveLength(2);
  expect(blocks.join('')).toHaveLength(100_005);
});
