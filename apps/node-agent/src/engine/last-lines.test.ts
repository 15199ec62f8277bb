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

it('LastLines looks only at the end of a large block', () => {
  const last = new LastLines();
  const seen = last.push(Buffer.from(Array.from({ length: 100_000 }, (_, line) => `line ${line}\n`).join('')));
  expect(seen).toHaveLength(300);
  expect(seen.at(-1)).toBe('line 99999');
});
