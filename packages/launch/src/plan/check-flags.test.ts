// Real shells, and a vLLM that is a script whose Python prints what the real one would.

import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CodedError } from '@fairlead/kit';
import { createLocalRunner } from '@fairlead/scheduler';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { WorkEvent } from '../launch-event.ts';
import type { Site } from '../site/open-site.ts';
import { checkFlags } from './check-flags.ts';
import { planDeployment } from './plan-deployment.ts';

const flags = ['--max-model-len', '--served-model-name', '--tensor-parallel-size', '--tool-call-parser', '--uds'];

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fl-flags-'));
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'state'));
  // Login shells read the start-up files of a home: those of this machine's user may take a tenth of a second.
  vi.stubEnv('HOME', folder);
  await install('0.32.0', flags);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function script(name: string, text: string): Promise<void> {
  const path = join(folder, 'bin', name);
  await writeFile(path, text);
  await chmod(path, 0o755);
}

async function install(version: string, known: readonly string[]): Promise<void> {
  const said = JSON.stringify({ version, files: [known.map((flag) => `"${flag}"`).join('\n')] });
  await script('python3', `#!/bin/sh\necho asked >>${folder}/asked\ncat <<'END'\nfairlead-build ${said}\nEND\n`);
  await script('vllm', `#!${folder}/bin/python3\n# ${version}\n`);
}

const asked = async () => (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n').length;

/** What it warns of. */
async function check(
  engine: object,
  { what = 'a/b', prologue = [] as string[], runner = createLocalRunner() } = {},
): Promise<string[]> {
  const config = { kind: 'local', prologue, engines: { vllm: engine } } as const;
  const site = {
    cluster: { name: 'here', config },
    host: { label: 'login', runner },
    paths: { state: join(folder, 'state') },
  } as unknown as Site;
  const told: WorkEvent[] = [];
  const { signal } = new AbortController();
  const run = { signal, tell: (event: WorkEvent) => void told.push(event) };
  await checkFlags(site, planDeployment({ what }, {}, config), run);
  return told.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
}

describe('The flags of a deployment', () => {
  const at = () => ({ command: [join(folder, 'bin', 'vllm'), 'serve'] });

  it('are refused before anything is queued where the version lacks one, with the setting and the reason', async () => {
    await expect(check({ ...at(), sleepMode: true })).rejects.toMatchObject({
      code: 'engine_flag_missing',
      message: expect.stringMatching(
        /vLLM 0\.32\.0 has no --enable-sleep-mode \(engines\.vllm\.sleepMode, or options\.sleepMode of/,
      ) as unknown,
    });
    await expect(check({ ...at(), args: ['--max-modle-len', '8'] })).rejects.toMatchObject({
      hint: expect.stringContaining('Did you mean --max-model-len?') as unknown,
    });
    expect(await check(at())).toEqual([expect.stringContaining('has no --allowed-media-domains')]);
  });

  it('that the version has under another name are told, and deployed', async () => {
    await install('0.32.0', [...flags, '--cudagraph-capture-sizes', '--allowed-media-domains']);
    expect(await check({ ...at(), args: ['--cuda-graph-sizes', '8'] })).toEqual([
      'vLLM 0.32.0 has no --cuda-graph-sizes: --cudagraph-capture-sizes stands for it',
    ]);
  });

  it('are read once for each environment, and again after it has changed', async () => {
    await check(at());
    await check(at());
    expect(await asked()).toBe(1);
    expect(await readdir(join(folder, 'state', 'engine-builds'))).toHaveLength(1);
    await install('0.9.2', flags);
    await utimes(join(folder, 'bin', 'vllm'), 1, 1);
    expect(await check(at())).toEqual([expect.stringContaining('vLLM 0.9.2 has no --allowed-media-domains')]);
    expect(await asked()).toBe(2);
  });

  it('of an engine in a container are read in its image, once for each image', async () => {
    const image = join(folder, 'vllm.img');
    await writeFile(image, 'an image');
    await script('ch-run', '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n');
    const container = { kind: 'charliecloud', image, program: join(folder, 'bin', 'ch-run') };
    const message = expect.stringMatching(/vLLM 0\.32\.0 has no --enable-sleep-mode/) as unknown;
    await expect(check({ ...at(), container, sleepMode: true })).rejects.toMatchObject({ message });
    await expect(check({ ...at(), container, sleepMode: true })).rejects.toMatchObject({ message });
    expect(await asked()).toBe(1);
    await utimes(image, 1, 1);
    await expect(check({ ...at(), container, sleepMode: true })).rejects.toMatchObject({ message });
    expect(await asked()).toBe(2);
    const left = [
      { ...container, image: 'docker://vllm/vllm-openai' },
      { ...container, image: join(folder, 'elsewhere.img') },
      { kind: 'pyxis', image },
      { ...container, program: '/nowhere/ch-run' },
    ];
    await utimes(image, 2, 2);
    for (const other of left) expect(await check({ ...at(), container: other, sleepMode: true })).toEqual([]);
  });

  it('of an engine that the PATH names are not refused: the job may find another one', async () => {
    const prologue = [`export PATH=${folder}/bin:$PATH`];
    const [warning] = await check({ sleepMode: true }, { prologue });
    expect(warning).toMatch(/has no --enable-sleep-mode .*This is the one that login finds; a job may find another\.$/);
  });

  it('are left to the node where nothing is found, or what is found tells nothing', async () => {
    expect(await check({ command: [join(folder, 'nowhere', 'vllm'), 'serve'], sleepMode: true })).toEqual([]);
    await script('python3', '#!/bin/sh\nexit 1\n');
    expect(await check({ ...at(), sleepMode: true })).toEqual([]);
    expect(await check({}, { what: 'demo' })).toEqual([]);
    const runner = { run: () => Promise.reject(new CodedError('timeout', 'a cold file system')) };
    expect(await check({ ...at(), sleepMode: true }, { runner })).toEqual([]);
  });
});
