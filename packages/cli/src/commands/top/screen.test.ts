import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { canDraw, openScreen } from './screen.ts';

const escape = '\u001b';

it('a screen draws over the text before, never hides the cursor, and leaves the last text when it is closed', () => {
  const written: string[] = [];
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  terminal.on('data', (piece: Buffer) => written.push(String(piece)));
  {
    using screen = openScreen(terminal as unknown as NodeJS.WriteStream);
    screen.draw('one\ntwo');
    expect(written.join('')).toContain('one\ntwo\n');
    written.length = 0;
    screen.draw('one\nthree');
  }
  const later = written.join('');
  expect(later).toContain(`${escape}[1A`);
  expect(later).toContain('three');
  expect(later).not.toContain(`${escape}[?25l`);
  // Every change that a terminal holds back is shown.
  expect(later.lastIndexOf(`${escape}[?2026l`)).toBeGreaterThan(later.lastIndexOf(`${escape}[?2026h`));
});

it('canDraw is false without a terminal, and on one whose size is not set', () => {
  expect(canDraw({ isTTY: true, columns: 80, rows: 24 })).toBe(true);
  expect(canDraw({ isTTY: true, columns: 0, rows: 0 })).toBe(false);
  expect(canDraw({ isTTY: false, columns: 80, rows: 24 })).toBe(false);
});
