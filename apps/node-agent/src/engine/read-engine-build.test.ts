import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineBuilds } from '@fairlead/engines/builds';
import { silentLog } from '@fairlead/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readEngineBuild } from './read-engine-build.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fl-build-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

const never = new AbortController().signal;
const ask = (serve: string[], signal = never, limitMs = 30_000) =>
  readEngineBuild(
    {
      build: engineBuilds.get('vllm')!,
      name: 'vllm',
      serve,
      commandOf: (words) => ({ argv: words as [string], env: { PATH: `/nowhere:${folder}:/bin` } }),
      log: silentLog,
      limitMs,
    },
    signal,
  );

it("readEngineBuild asks the Python of the engine's program, which it finds on the PATH, away from the job's directory", async () => {
  const python = await program(
    'python3',
    '#!/bin/sh\n[ "$(pwd)" = / ] && [ "$1" = -c ] && echo \'fairlead-build {"version":"0.11.2"}\'\n',
  );
  await program('vllm', `#!${python}\nimport vllm\n`);
  expect(await ask(['vllm', 'serve'])).toEqual({ version: '0.11.2' });
});

it('readEngineBuild tells nothing of what it does not know: another program, one that is missing, a Python without vLLM', async () => {
  const python = await program('python3', '#!/bin/sh\necho PackageNotFoundError >&2\nexit 1\n');
  await program('vllm', `#!${python}\n`);
  expect(await ask(['vllm', 'serve'])).toBeUndefined();
  expect(await ask(['/nowhere/vllm', 'serve'])).toBeUndefined();
  expect(await ask(['python3', '-m', 'my.server'])).toBeUndefined();
});

it('readEngineBuild gives up at its limit, and at once when the engine is no longer wanted', async () => {
  const python = await program('python3', '#!/bin/sh\nexec sleep 600\n');
  await program('vllm', `#!${python}\n`);
  expect(await ask(['vllm', 'serve'], never, 50)).toBeUndefined();
  const signal = AbortSignal.abort(new Error('no longer wanted'));
  await expect(ask(['vllm', 'serve'], signal)).rejects.toThrow('no longer wanted');
});
