// The program in folders that others may write, with a real second user where the tests run as root.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { compileCache, programArgs } from '@fairlead/testkit/programs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

// Several starts of the program each.
vi.setConfig({ testTimeout: 60_000 });

const user = 'defaultCluster: hpc\nclusters: { hpc: { login: { host: l }, prologue: [module load vllm] } }\n';
const planted = 'clusters: { hpc: { prologue: [run-planted], slurm: { partition: planted } } }\n';
const isRoot = process.geteuid?.() === 0;
const hasOwners = process.platform !== 'win32';

let top: string;
let home: string;
/** Of the user alone, outside of home. */
let project: string;
beforeEach(async () => {
  top = await realpath(await mkdtemp(join(tmpdir(), 'fl-project-')));
  home = join(top, 'home');
  project = join(top, 'project');
  await mkdir(join(home, '.config/fairlead'), { recursive: true });
  await mkdir(join(project, 'sub'), { recursive: true });
  for (const folder of [home, project, join(project, 'sub')]) await chmod(folder, 0o755);
  await writeFile(join(home, '.config/fairlead/config.yaml'), user);
});
afterEach(() => rm(top, { recursive: true }));

async function run(cwd: string, ...args: string[]) {
  const child = spawn(process.execPath, [...programArgs('cli'), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: home, XDG_CACHE_HOME: join(top, 'cache'), ...compileCache() },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

const script = (cwd: string) => run(cwd, 'deploy', 'demo', '--dry-run');
async function plant(folder: string, text = planted): Promise<string> {
  const path = join(folder, 'fairlead.yaml');
  await writeFile(path, text, { mode: 0o644 });
  return path;
}

describe.runIf(hasOwners)('A fairlead.yaml that others could have put there', () => {
  it('does not count in a folder that all may write, such as /tmp, and is said once', async () => {
    const path = await plant(project);
    await chmod(project, 0o1777);
    const found = await script(join(project, 'sub'));
    expect(found.code).toBe(0);
    expect(found.stdout).toContain('module load vllm');
    expect(found.stdout).not.toContain('planted');
    expect(found.stderr).toContain(`${path} does not count because every user may write ${project}`);
    expect(found.stderr).toContain(`fairlead config trust ${path}`);
    // However often a command reads the configuration.
    expect(found.stderr.match(/does not count/g)).toHaveLength(1);
  });

  it.runIf(isRoot)('does not count in a folder that a group may write', async () => {
    await plant(project);
    await chown(project, 0, 12_345);
    await chmod(project, 0o775);
    const { stdout, stderr } = await script(project);
    expect(stdout).not.toContain('planted');
    expect(stderr).toContain(`the group 12345 may write ${project}`);
  });

  it.runIf(isRoot)('does not count where it belongs to another user', async () => {
    const path = await plant(project);
    await chown(path, 12_345, 12_345);
    const { stdout, stderr } = await script(project);
    expect(stdout).not.toContain('planted');
    expect(stderr).toContain('belongs to another user (uid 12345)');
  });

  it('does not count through a link into a folder that all may write', async () => {
    const open = join(top, 'open');
    await mkdir(open);
    await chmod(open, 0o1777);
    await symlink(await plant(open), join(project, 'fairlead.yaml'));
    const { stdout, stderr } = await script(project);
    expect(stdout).not.toContain('planted');
    expect(stderr).toContain(`every user may write ${open}`);
  });

  it('does not hide the one further up that is safe', async () => {
    const sub = join(project, 'sub');
    await plant(sub);
    await chmod(sub, 0o777);
    await plant(project, 'clusters: { hpc: { slurm: { partition: safe } } }\n');
    expect((await script(sub)).stdout).toContain('partition=safe');
  });

  it('is not looked for above the home', async () => {
    await plant(top);
    await mkdir(join(home, 'work'));
    const { stdout, stderr } = await script(join(home, 'work'));
    expect(stdout).not.toContain('planted');
    expect(stderr).not.toContain(join(top, 'fairlead.yaml'));
  });
});

describe('A fairlead.yaml in a folder of the user', () => {
  it('counts without trust as far as it asks for a model and resources', async () => {
    const path = await plant(project);
    const { stdout, stderr } = await script(join(project, 'sub'));
    expect(stdout).toContain('partition=planted');
    expect(stdout).toContain(`configuration: ${join(home, '.config/fairlead/config.yaml')}, ${path}`);
    expect(stdout).toContain('module load vllm');
    expect(stdout).not.toContain('run-planted');
    expect(stderr).toContain(`${path} is not trusted: clusters.hpc.prologue of it does not count`);
  });

  it('counts whole once it was trusted, until it changes', async () => {
    const path = await plant(project);
    const trusted = await run(project, 'config', 'trust', '--json');
    expect(JSON.parse(trusted.stdout)).toMatchObject({
      event: 'config.trusted',
      ok: true,
      path,
      settings: ['clusters.hpc.prologue'],
    });
    expect(await script(project)).toMatchObject({
      stderr: '',
      stdout: expect.stringContaining('run-planted') as unknown,
    });
    const list = join(home, '.local/state/fairlead/trusted-configs.json');
    expect((await stat(list)).mode & 0o777).toBe(0o600);
    expect(await readFile(list, 'utf8')).toContain(path);

    await writeFile(path, planted.replace('run-planted', 'run-changed'));
    const changed = await script(project);
    expect(changed.stdout).not.toContain('run-changed');
    expect(changed.stderr).toContain('is not trusted');
  });

  it('is not trusted any more after `config untrust`', async () => {
    const path = await plant(project);
    await run(project, 'config', 'trust', path);
    const { stdout } = await run(project, 'config', 'untrust', path, '--json');
    expect(JSON.parse(stdout)).toEqual({ event: 'config.untrusted', ok: true, path, was: true });
    expect((await script(project)).stdout).not.toContain('run-planted');
  });

  it.runIf(hasOwners)('may lie where others write once its content was trusted', async () => {
    const path = await plant(project);
    await chmod(project, 0o1777);
    await run(project, 'config', 'trust', path);
    expect((await script(project)).stdout).toContain('run-planted');
    await writeFile(path, 'clusters: { hpc: { slurm: { partition: changed } } }\n');
    const changed = await script(project);
    expect(changed.stdout).not.toContain('changed');
    expect(changed.stderr).toContain('it has changed since it was trusted');
  });
});

describe.runIf(hasOwners)('A configuration file that is no file', () => {
  it.each(['fairlead.yaml', 'named.yaml'])('is refused at once: a pipe called %s', async (name) => {
    const path = join(project, name);
    execFileSync('mkfifo', [path]);
    const { code, stderr } = await run(project, 'config', ...(name === 'fairlead.yaml' ? [] : ['--config', path]));
    expect(code).toBe(2);
    expect(stderr).toContain(`cannot read ${path} because it is a named pipe`);
  });

  it('is refused at once: a device', async () => {
    const { code, stderr } = await run(project, 'config', '--config', '/dev/zero');
    expect(code).toBe(2);
    expect(stderr).toContain('it is a device');
  });

  it('is refused at once: a folder', async () => {
    await mkdir(join(project, 'fairlead.yaml'));
    expect((await run(project, 'config')).stderr).toContain('it is a folder');
  });
});
