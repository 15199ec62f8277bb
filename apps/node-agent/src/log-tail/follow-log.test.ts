import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followLog } from './follow-log.ts';

describe('followLog', () => {
  let dir: string;
  let path: string;
  let over: AbortController;

  beforeEach(async () => {
    dir = await mkdtemp('/tmp/fa-tail-');
    path = join(dir, 'x.log');
    over = new AbortController();
  });
  afterEach(async () => {
    over.abort(new Error('the test is over'));
    await rm(dir, { recursive: true });
  });

  const follow = (options: { lines?: number; follow?: boolean; finish?: AbortSignal } = {}) =>
    followLog({ path, lines: 10, follow: true, clock: systemClock, signal: over.signal, ...options });

  async function next(tail: AsyncGenerator<string[]>): Promise<string[] | undefined> {
    const { value, done } = await tail.next();
    return done ? undefined : value;
  }

  it('gives the last lines of a long file, and no more than asked for', async () => {
    await writeFile(path, Array.from({ length: 50_000 }, (_, line) => `line ${line} ü\n`).join(''));
    const tail = follow({ lines: 3, follow: false });
    expect(await next(tail)).toEqual(['line 49997 ü', 'line 49998 ü', 'line 49999 ü']);
    expect(await next(tail)).toBeUndefined();
  });

  it('gives all lines of a file that has fewer, also one without an end', async () => {
    await writeFile(path, '\none\n\ntwo');
    const tail = follow({ lines: 10, follow: false });
    expect([await next(tail), await next(tail), await next(tail)]).toEqual([['', 'one', ''], ['two'], undefined]);
    expect(await Array.fromAsync(follow({ lines: 1, follow: false }))).toEqual([['two']]);
    expect(await next(follow({ lines: 0, follow: false }))).toBeUndefined();
  });

  it('keeps the beginning alone of a line that does not end', async () => {
    await writeFile(path, 'a\n');
    const tail = follow();
    expect(await next(tail)).toEqual(['a']);
    await appendFile(path, 'b'.repeat(3_000_000));
    await appendFile(path, '\nc\n');
    const [long, short] = (await next(tail)) ?? [];
    expect(long).toMatch(/^b{8193}/);
    expect(long!.length).toBeLessThan(100_000);
    expect(short).toBe('c');
    await tail.return(undefined);
  });

  it('goes on with what is appended, in whole lines', async () => {
    await writeFile(path, 'one\ntwo\nthr');
    const tail = follow({ lines: 1 });
    expect(await next(tail)).toEqual(['two']);
    await appendFile(path, 'ee\nfour\nfi');
    expect(await next(tail)).toEqual(['three', 'four']);
    await appendFile(path, 've\n');
    expect(await next(tail)).toEqual(['five']);
    await tail.return(undefined);
  });

  it('follows the name across a rotation and loses no line', async () => {
    await writeFile(path, '');
    const tail = follow();
    const first = next(tail);
    await appendFile(path, 'old\n');
    expect(await first).toEqual(['old']);
    await appendFile(path, 'last of the old\n');
    await rename(path, `${path}.1`);
    await writeFile(path, 'new\n');
    expect(await next(tail)).toEqual(['last of the old']);
    expect(await next(tail)).toEqual(['new']);
    await tail.return(undefined);
  });

  it('begins again when the file was cut', async () => {
    await writeFile(path, 'a\nb\nc\n');
    const tail = follow({ lines: 1 });
    expect(await next(tail)).toEqual(['c']);
    await writeFile(path, 'd\n');
    expect(await next(tail)).toEqual(['d']);
    await tail.return(undefined);
  });

  it('waits for a file that is not there yet, unless it is not followed', async () => {
    const tail = follow();
    const first = next(tail);
    await writeFile(path, 'late\n');
    expect(await first).toEqual(['late']);
    await tail.return(undefined);
    path = join(dir, 'none.log');
    await expect(next(follow({ follow: false }))).rejects.toMatchObject({ code: 'log_unreadable' });
  });

  it('reads what is there and ends when it is told to finish, and at once when aborted', async () => {
    await writeFile(path, 'a\n');
    const finish = new AbortController();
    const tail = follow({ finish: finish.signal });
    expect(await next(tail)).toEqual(['a']);
    await appendFile(path, 'b\n');
    finish.abort();
    expect(await next(tail)).toEqual(['b']);
    expect(await next(tail)).toBeUndefined();
    const other = follow();
    expect(await next(other)).toEqual(['a', 'b']);
    const waiting = next(other);
    over.abort(new Error('gone'));
    expect(await waiting).toBeUndefined();
  });
});
