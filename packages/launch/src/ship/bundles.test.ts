// In a checkout: bundled from source into an empty cache, each as one file that runs in an empty folder.

import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findBundle } from './bundles.ts';

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'fl-bundles-'));
  await writeFile(join(cache, 'empty.json'), '{}');
});
afterAll(() => rm(cache, { recursive: true }));

function run(file: string, args: readonly string[]): Promise<{ code: number; said: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; said: string }>();
  execFile(process.execPath, [file, ...args], { cwd: cache, env: {} }, (error, stdout, stderr) =>
    resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
  );
  return promise;
}

describe('findBundle', () => {
  it.each<[string, string[], number, RegExp]>([
    ['agent', ['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    ['control', [], 2, /Usage: control init/],
    ['engine-sim', ['--help'], 0, /^Usage: engine-sim serve/],
    ['bench', [], 1, /ZodError/],
    ['probe', ['--spec', 'empty.json'], 1, /ZodError/],
  ])('bundles %s from source, once, and it runs', async (program, args, code, words) => {
    const bundle = await findBundle(program, cache);
    const { mtimeMs } = await stat(bundle.path);
    expect(await findBundle(program, cache)).toEqual(bundle);
    expect((await stat(bundle.path)).mtimeMs).toBe(mtimeMs);
    const alone = join(await mkdtemp(join(cache, 'alone-')), 'program.mjs');
    await copyFile(bundle.path, alone);
    expect(await run(alone, args)).toEqual({ code, said: expect.stringMatching(words) });
    // One character beyond Latin-1, and V8 keeps the source in twice the memory.
    expect(/[^\0-\xff]/.exec(await readFile(bundle.path, 'utf8'))).toBeNull();
  });

  it('bundles anew what was cut in the cache', async () => {
    const bundle = await findBundle('engine-sim', cache);
    await truncate(bundle.path, 3_000);
    expect(await findBundle('engine-sim', cache)).toEqual(bundle);
    expect((await run(bundle.path, ['--help'])).code).toBe(0);
  });

  it('says that no package names a program', async () => {
    await expect(findBundle('agnet', cache)).rejects.toMatchObject({
      code: 'bundle_failed',
      message: expect.stringMatching(/cannot bundle agnet from source: .*no package\.json has it/),
    });
  });

  it('leaves nothing of the work in the cache', async () => {
    const left = await readdir(join(cache, 'bundles'));
    expect(left.map((name) => name.replace(/(?:-[0-9a-f]{16}){2}/, '')).toSorted()).toEqual([
      'agent.mjs',
      'bench.mjs',
      'control.mjs',
      'engine-sim.mjs',
      'probe.mjs',
    ]);
  });
});
