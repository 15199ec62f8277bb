import { Writable } from 'node:stream';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { encodeJsonLine } from './json-lines.ts';
import { createOutput, type Output } from './output.ts';
import { table } from './table.ts';

afterEach(() => vi.unstubAllEnvs());

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
    { encodeLine: options.json ? encodeJsonLine : undefined, startedMs: 0, now: () => 1500 },
  );
  return { output, texts };
}

describe('The words of a command', () => {
  it('are JSON lines on stdout alone with --json, the result last', () => {
    const { output, texts } = world({ json: true });
    output.event('step', { name: 'a', ms: 1 }, 'words');
    output.busy('working');
    output.text('log');
    output.result({ event: 'man', ok: true, page: 'p' }, 'more words');
    expect(
      texts.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { event: 'step', name: 'a', ms: 1 },
      { event: 'man', ok: true, page: 'p' },
    ]);
    expect(texts.stderr).toBe('');
  });

  it('are progress on stderr and the result on stdout for people', () => {
    const { output, texts } = world({ json: false });
    output.event('step', { name: 'a', ms: 1 }, 'words');
    output.busy('working');
    output.result({ event: 'man', ok: true, page: 'p' }, 'result');
    expect(texts).toEqual({ stdout: 'result\n', stderr: '  1.5s  words\n' });
  });

  it('show what is going on only on a terminal, and wipe it away', () => {
    const { output, texts } = world({ json: false, isTTY: true });
    output.busy('working');
    output.event('control.back', {}, 'done');
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

describe('What comes from models, engines and hosts', () => {
  const evil = '\u001B]52;c;eA==\u0007\u009B2J\rfake\u202E';
  const shown = '␛]52;c;eA==␇<U+009B>2J␍fake<U+202E>';
  const sayAll = (output: Output) => {
    output.event('control.back', {}, evil);
    output.result({ event: 'man', ok: true, page: '' }, evil);
    output.text(evil);
    output.logLine(evil);
    output.piece(evil);
    output.aside(evil);
    output.busy(evil);
    output.warn(evil);
    output.failure({ code: 'x', message: evil, hint: evil });
    output.text(output.style('dim', evil));
  };

  it('is shown on a terminal and never obeyed, whatever it is said with', () => {
    const { output, texts } = world({ json: false, isTTY: true });
    sayAll(output);
    // The only control sequence of our own is the one that wipes the busy line.
    const written = (texts.stdout + texts.stderr).replaceAll('\r\u001B[2K', '');
    const colours = new RegExp(`${'\u001B'}\\[\\d+m`, 'g');
    expect(written.replaceAll(colours, '')).not.toMatch(/(?![\t\n])[\p{Cc}\u202A-\u202E]/u);
    expect(written.split(shown)).toHaveLength(12);
  });

  it('reaches a pipe as it came', () => {
    const { output, texts } = world({ json: false });
    output.text(evil);
    output.piece(evil);
    expect(texts.stdout).toBe(`${evil}\n${evil}`);
    output.warn(evil);
    expect(texts.stderr).toContain(evil);
  });

  it('is shown in a failure that is written to a pipe, too', () => {
    const { output, texts } = world({ json: false });
    output.failure({ code: 'usage', message: 'cannot find \u001B]0;mine\u0007', hint: 'See \u009B2J.' });
    expect(texts.stderr).toBe('error  cannot find ␛]0;mine␇\n       See <U+009B>2J.\n');
  });

  it('is escaped by JSON alone in JSON', () => {
    const { output, texts } = world({ json: true, isTTY: true });
    output.event('log', { source: 'engine', line: evil });
    expect(JSON.parse(texts.stdout)).toEqual({ event: 'log', source: 'engine', line: evil });
  });

  it('cannot imitate the colours of the command', () => {
    vi.stubEnv('FORCE_COLOR', '1');
    vi.stubEnv('NO_COLOR', undefined);
    const { output, texts } = world({ json: false, isTTY: true });
    output.text(`${output.style('red', 'own')} \u001B[31mforeign\u001B[39m`);
    expect(texts.stdout).toBe('\u001B[31mown\u001B[39m ␛[31mforeign␛[39m\n');
  });
});

describe('A reader that is slower than the command', () => {
  const slow = () => {
    const taken: Array<() => void> = [];
    const stdout = new Writable({ highWaterMark: 10, write: (_chunk, _encoding, done) => void taken.push(done) });
    const output = createOutput({ stdout, stderr: stdout }, { startedMs: 0, now: () => 0 });
    return { output, takeOne: () => taken.shift()?.() };
  };

  it('is waited for', async () => {
    const { output, takeOne } = slow();
    await output.drained();
    output.text('more than ten characters');
    let isDrained = false;
    const drained = output.drained().then(() => (isDrained = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDrained).toBe(false);
    takeOne();
    await drained;
  });

  it('is not waited for once the command is interrupted', async () => {
    const { output } = slow();
    output.text('more than ten characters');
    const end = new AbortController();
    const drained = output.drained(end.signal);
    end.abort(new Error('SIGINT'));
    await expect(drained).rejects.toThrow('SIGINT');
  });
});

describe('A warning about the whole command', () => {
  it('is said once', () => {
    const { output, texts } = world({ json: false });
    output.warnOnce('a');
    output.warnOnce('a');
    output.warnOnce('b');
    expect(texts.stderr.match(/warning/g)).toHaveLength(2);
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
