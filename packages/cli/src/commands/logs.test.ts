import { Writable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { createOutput } from '../output/output.ts';
import { showLines } from './logs.ts';

describe('A log', () => {
  it('is read no faster than it is shown: a pager that stands still holds it up', async () => {
    const taken: Array<() => void> = [];
    const written: string[] = [];
    const stdout = new Writable({
      highWaterMark: 100,
      decodeStrings: false,
      write(chunk, _encoding, done) {
        written.push(String(chunk));
        taken.push(done);
      },
    });
    const output = createOutput({ stdout, stderr: stdout }, { startedMs: 0, now: () => 0 });
    const { show } = showLines('engine', { output, signal: new AbortController().signal });
    let shownLines = 0;
    const showing = (async () => {
      for (; shownLines < 1000; shownLines++) await show(['a line of fifty characters, more or less, of an engine']);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(shownLines).toBeLessThan(5);
    expect(stdout.writableLength).toBeLessThan(500);
    // The reader goes on.
    const pump = setInterval(() => taken.splice(0).forEach((done) => done()), 0);
    await showing;
    clearInterval(pump);
    expect(shownLines).toBe(1000);
  });

  it('keeps the colours of its lines on a terminal, and nothing else of what they could do', async () => {
    let text = '';
    const write = (chunk: Buffer, _encoding: string, done: () => void) => ((text += String(chunk)), done());
    const stdout = Object.assign(new Writable({ write }), { isTTY: true });
    const output = createOutput({ stdout, stderr: stdout }, { startedMs: 0, now: () => 0 });
    await showLines('engine', { output, signal: new AbortController().signal }).show([
      '\u001B[36m(engine)\u001B[0m \u001B]52;c;eA==\u0007',
    ]);
    expect(text).toBe('\u001B[36m(engine)\u001B[0m ␛]52;c;eA==␇\u001B[0m\n');
  });
});
