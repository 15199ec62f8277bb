import { expect, it } from 'vitest';
import { LastLines } from './last-lines.ts';

it('LastLines keeps the newest lines, bounded in number and length', () => {
  const last = new LastLines();
  for (let turn = 0; turn < 30; turn += 1) {
    last.push(Buffer.from(Array.from({ length: 100 }, (_, line) => `${turn}.${line}\n`).join('')));
  }
  expect(last.lines).toHaveLength(1000);
  expect(last.lines.at(-1)).toBe('29.99');
  last.clear();
  last.push(Buffer.from(`${'y'.repeat(9000)}\n`));
  expect(last.lines[0]).toHaveLength(1000);
});

it('LastLines keeps the end of a storm, in whole lines and without gaps', () => {
  const last = new LastLines();
  const text = Array.from({ length: 40_000 }, (_, line) => `${line} ${'z'.repeat(900)}\n`);
  for (let from = 0; from < text.length; from += 64) last.push(Buffer.from(text.slice(from, from + 64).join('')));
  const { lines } = last;
  expect(lines.length).toBeGreaterThan(500);
  expect(lines).toEqual(text.slice(-lines.length).map((line) => line.slice(0, -1)));
  last.push(Buffer.from(text.join('')));
  expect(last.lines.at(-1)).toMatch(/^39999 z+$/);
});
