import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { encodeJsonLine } from '../output/json-lines.ts';
import { createOutput } from '../output/output.ts';
import { runExplain } from './explain.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'explain-'))));
afterAll(() => rm(folder, { recursive: true }));

/** What is told of a log; `signal` as the first Ctrl-C gives it. */
async function explain(
  file: string | readonly [string, ...string[]],
  { stdin = new PassThrough(), signal }: { stdin?: Readable; signal?: AbortSignal },
) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output = createOutput({ stdout, stderr }, { encodeLine: encodeJsonLine, startedMs: 0, now: () => 0 });
  await runExplain(
    { files: typeof file === 'string' ? [file] : file },
    { cwd: folder, output, signal: signal ?? new AbortController().signal, streams: { stdin } },
  );
  return JSON.parse(String(stdout.read())) as {
    id?: string;
    verdict: string;
    file: string;
    others?: Array<{ file: string; id?: string }>;
  };
}

async function pipe(name: string): Promise<string> {
  await promisify(execFile)('mkfifo', [join(folder, name)]);
  return name;
}

const fullDisk = 'OSError: [Errno 28] No space left on device\n';

describe('explain', () => {
  it('reads a file, standard input and a named pipe', async () => {
    await writeFile(join(folder, 'log'), fullDisk);
    const named = await pipe('written');
    const [told] = await Promise.all([explain(named, {}), writeFile(join(folder, named), fullDisk)]);
    expect(told).toMatchObject({ id: 'disk-full' });
    expect(await explain('log', {})).toMatchObject({ id: 'disk-full' });
    expect(await explain('-', { stdin: Readable.from([Buffer.from(fullDisk)]) })).toMatchObject({ id: 'disk-full' });
  });

  it.each([
    ['standard input that says nothing', async () => '-'],
    ['a pipe that has no writer', () => pipe('unwritten')],
  ])('of %s ends with the signal', async (_, named) => {
    const interrupt = new AbortController();
    const told = explain(await named(), { signal: interrupt.signal });
    setImmediate(() => interrupt.abort(new Error('interrupted')));
    await expect(told).rejects.toThrow('interrupted');
  });

  it.each([
    ['none', /ENOENT/],
    ['.', /EISDIR/],
  ])('of %s says that it cannot be read', async (file, why) => {
    await expect(explain(file, {})).rejects.toMatchObject({ code: 'usage', message: expect.stringMatching(why) });
  });

  it('finds the cause after a line of 10 MB and among bytes that are no text, wherever the last line ends', async () => {
    const bytes = Buffer.from(Array.from({ length: 65_536 }, (_, index) => index % 256));
    for (const end of ['', '\n']) {
      await writeFile(join(folder, 'odd'), [Buffer.alloc(10_000_000, 'x'), bytes, `\n${fullDisk.trimEnd()}${end}`]);
      expect(await explain('odd', {})).toMatchObject({ id: 'disk-full' });
    }
  });

  it('of the logs of several ranks says which one tells why, and what the others say', async () => {
    const lost =
      '(EngineCore pid=7) ERROR 11-21 02:00:30 [core.py:1519] RuntimeError: [../third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer [10.77.0.12]:4242.';
    await writeFile(join(folder, 'engine.0.log'), `${lost}\n`);
    await writeFile(join(folder, 'engine.1.log'), fullDisk);
    expect(await explain(['engine.0.log', 'engine.1.log'], {})).toMatchObject({
      file: 'engine.1.log',
      id: 'disk-full',
      others: [{ file: 'engine.0.log', id: 'peer-lost' }],
    });
  });

  it('reads standard input once', async () => {
    await expect(explain(['-', '-'], {})).rejects.toMatchObject({ code: 'usage' });
  });
});
