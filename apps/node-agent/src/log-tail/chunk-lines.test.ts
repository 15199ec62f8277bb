import { expect, it } from 'vitest';
import { chunkLines } from './chunk-lines.ts';

it('chunkLines keeps every line in order and every chunk small', () => {
  const lines = Array.from({ length: 1000 }, (_, index) => `${index} ${'x'.repeat(500)}`);
  const chunks = chunkLines(lines);
  expect(chunks.flat()).toEqual(lines);
  for (const chunk of chunks) expect(chunk.join('').length).toBeLessThanOrEqual(32 * 1024);
  expect(chunkLines([])).toEqual([]);
});

it('chunkLines cuts a line that would fill a frame', () => {
  expect(chunkLines(['y'.repeat(1_000_000)])[0]![0]!.length).toBeLessThan(10_000);
});
