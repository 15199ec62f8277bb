import { Writable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { createOutput } from './output.ts';
import { table } from './table.ts';

function world(options: { json: boolean; isTTY?: boolean }) {
  const texts = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    Object.assign(
      new Writable({
        write(chunk, _encoding, done) {
          texts[name] += String(chunk);
          done();
        },
      }),
      { isTTY: options.isTTY ?? false },
    );
  const output = createOutput(
    { stdout: stream('stdout'), stderr: stream('stderr') },
    { json: options.json, startedMs: 0, now: () => 1500 },
  );
  return { output, texts };
}

describe('The words of a command', () => {
  it('are JSON lines on stdout alone with --json, the result last', () => {
    const { output, texts } = world({ json: true });
    output.event('a', { x: 1 }, 'words');
    output.busy('working');
    output.text('log');
    output.result({ event: 'b', ok: true }, 'more words');
    expect(
      texts.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { event: 'a', x: 1 },
      { event: 'b', ok: true },
    ]);
    expect(texts.stderr).toBe('');
  });

  it('are progress on stderr and the result on stdout for people', () => {
    const { output, texts } = world({ json: false });
    output.event('a', { x: 1 }, 'words');
    output.busy('working');
    output.result({}, 'result');
    expect(texts).toEqual({ stdout: 'result\n', stderr: '  1.5s  words\n' });
  });

  it('show what is going on only on a terminal, and wipe it away', () => {
    const { output, texts } = world({ json: false, isTTY: true });
    output.busy('working');
    output.event('a', {}, 'done');
    expect(texts.stderr).toContain('\r\u001b[2K');
  });

  it('say a failure in both forms', () => {
    const { output, texts } = world({ json: true });
    output.failure({ code: 'x', message: 'cannot y', hint: 'Do z.' });
    expect(JSON.parse(texts.stdout)).toEqual({
      event: 'error',
      ok: false,
      error: { code: 'x', message: 'cannot y', hint: 'Do z.' },
    });
    expect(texts.stderr).toContain('Do z.');
  });
});

describe('A table', () => {
  it('is plain columns without trailing blanks', () =>
    expect(
      table(
        ['A', 'B'],
        [
          ['1', 'x'],
          ['22', ''],
        ],
      ),
    ).toBe('A   B\n1   x\n22'));
});
