import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { programArgs } from '@fairlead/testkit/programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const apiDescription = 'x'.repeat(2_000_000);

let folder: string;
let bigConfig: string;
let cacheHome: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fl-main-'));
  bigConfig = join(folder, 'big.yaml');
  cacheHome = join(folder, 'cache');
  await writeFile(bigConfig, `presets:\n  big: { model: a/b, description: ${apiDescription} }\n`);
});
afterAll(() => rm(folder, { recursive: true }));

function start(...args: string[]) {
  return spawn(process.execPath, [...programArgs('cli'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: folder, XDG_CACHE_HOME: cacheHome },
  });
}

async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(...args);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** A configuration with a cluster. */
async function twoNodes(): Promise<string> {
  const path = join(folder, 'cluster.yaml');
  await writeFile(path, 'clusters:\n  mine: { login: { host: login.test } }\n');
  return path;
}

it('An older Node is told which one is needed', async () => {
  const old = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.17.1' } })`;
  const child = spawn(process.execPath, ['--import', old, ...programArgs('cli'), '--version']);
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(stderr).toContain('it needs Node 22.18 or newer: got 22.17.1');
});

describe('What was compiled of the program', () => {
  it('is kept for the next run', async () => {
    cacheHome = join(folder, 'kept');
    expect(await run('config', 'schema')).toMatchObject({ code: 0, stderr: '' });
    const kept = await readdir(join(cacheHome, 'fairlead/compiled'), { recursive: true });
    expect(kept).not.toEqual([]);
  });

  it('is done without where it cannot be kept', async () => {
    cacheHome = join(folder, 'no-folder');
    await writeFile(cacheHome, '');
    expect(await run('config', 'schema')).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('The program', () => {
  it.each([
    ['an unknown command', ['frob']],
    ['an unknown flag of a command', ['list', '--frob']],
    ['a flag that is no number', ['deploy', 'demo', '--gpus', 'many']],
    ['a missing argument', ['status']],
    ['a machine that was not set up', ['list']],
  ])('ends 2 for %s', async (_what, args) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error/);
  });

  it('plans in a dry run a model that the hub told of before, and says of another that nothing is known', async () => {
    const site = join(folder, 'site.yaml');
    await writeFile(site, 'clusters:\n  alpine: { login: { host: login.test }, site: curc-alpine }\n');
    const dryRun = () => run('deploy', 'org/model', '--dry-run', '--config', site);
    cacheHome = join(folder, 'facts');
    expect((await dryRun()).stdout).toMatch(/^# plan {6}none: nothing is known here of org\/model/m);
    const size = { num_hidden_layers: 36, hidden_size: 4096, num_attention_heads: 32, num_key_value_heads: 8 };
    const config = { ...size, max_position_embeddings: 40_960 };
    const files = { source: 'https://huggingface.co/org/model', config, weightBytes: 16e9 };
    await mkdir(join(cacheHome, 'fairlead/models'), { recursive: true });
    await writeFile(
      join(cacheHome, 'fairlead/models/org--model.json'),
      JSON.stringify({ readMs: Date.now() - 1000, files }),
    );
    expect((await dryRun()).stdout).toMatch(/^# place {5}.*\n# weights {3}14\.9 GiB/m);
  });

  it('takes an option of the engine for the engine of the preset, where none is named', async () => {
    const dryRun = (...words: string[]) => run('deploy', 'demo', '--nodes', '2', '--dry-run', ...words);
    const { stdout, stderr } = await dryRun('--config', await twoNodes(), '--engine-option', 'executor=ray');
    expect(stdout, stderr).toContain('# Ray on the node of rank 0');
  });

  it('plans copies of a model over two nodes, and shows what each rank is told', async () => {
    const words = ['--config', await twoNodes(), '--nodes', '2', '--gpus', '4', '--no-plan', '--dry-run'];
    const { stdout } = await run('deploy', 'org/moe', ...words, '--engine-option', 'dataParallel=4');
    expect(stdout).toMatch(/rank 0,[\s\S]*--data-parallel-size 4 --data-parallel-size-local 2 .*--uds/);
    expect(stdout).toMatch(/rank 1,[\s\S]*--data-parallel-start-rank 2 .*--headless/);
    const odd = await run('deploy', 'org/moe', ...words, '--engine-option', 'dataParallel=3');
    expect(odd.stderr).toContain('2 nodes cannot have as many of 3 copies each: take dataParallel: 4');
  });

  it('does not look for a library to download the weights of the simulator', async () => {
    const local = join(folder, 'local.yaml');
    await writeFile(local, 'clusters:\n  here: { kind: local }\n');
    const { code, stderr } = await run('prefetch', 'demo', '--config', local);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error {2}cannot download fairlead\/demo because engine sim reads no weights of Hugging Face/,
    );
  });

  it.each([
    ['an unknown flag', ['list', '--josn', '--json'], /unknown option '--josn'/],
    ['no command', ['--json'], /no command is named/],
  ])('tells programs too of %s', async (_what, args, words) => {
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      event: 'error',
      ok: false,
      error: { code: 'usage', message: expect.stringMatching(words) },
    });
    // A person is told once.
    expect(stderr.match(/^error/gm) ?? []).toHaveLength(args.length > 1 ? 1 : 0);
  });

  it.runIf(process.platform === 'linux')('says so where its output cannot be written', async () => {
    const full = await open('/dev/full', 'w');
    const child = spawn(process.execPath, [...programArgs('cli'), 'man'], {
      stdio: ['ignore', full.fd, 'pipe'],
    });
    const [said] = await Promise.all([child.stderr?.toArray(), once(child, 'close')]);
    await full.close();
    expect(child.exitCode).toBe(1);
    expect(String(said)).toMatch(/^error {2}cannot write the output because of ENOSPC[^]*Make room/);
  });

  // Elsewhere a folder that a process is in cannot be removed.
  it.runIf(process.platform === 'linux')('says so where its folder was removed', async () => {
    const gone = join(folder, 'gone');
    await mkdir(gone);
    const script = `rmdir "$0" && exec "$@" list`;
    const child = spawn('sh', ['-c', script, gone, process.execPath, ...programArgs('cli')], {
      cwd: gone,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said] = await Promise.all([child.stderr.toArray(), once(child, 'close')]);
    expect(child.exitCode).toBe(2);
    expect(String(said)).toMatch(/^error {2}cannot run here because the current folder is not there any more\n.*cd/);
  });

  it.each([
    ['after the command', ['config', '--json'], 'config'],
    ['after a command of a command', ['config', 'schema', '--json'], 'config.schema'],
    ['before the command', ['--json', 'config'], 'config'],
  ])('takes --json %s', async (_where, args, event) => {
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ event, ok: true });
  });

  it('gives a slow reader everything before it ends', async () => {
    const child = start('config', '--json', '--config', bigConfig);
    // Nothing is read before the program has filled the pipe.
    await once(child.stdout, 'readable');
    let sizeBytes = 0;
    for await (const chunk of child.stdout) sizeBytes += (chunk as Buffer).length;
    expect(sizeBytes).toBeGreaterThan(apiDescription.length);
  });

  it('ends 0 when its reader has had enough', async () => {
    const child = start('config', '--json', '--config', bigConfig);
    await once(child.stdout, 'readable');
    child.stdout.destroy();
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  });
});
