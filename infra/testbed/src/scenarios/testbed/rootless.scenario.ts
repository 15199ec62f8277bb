// A testbed whose root is only the root of a user namespace, as for a user without root.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HeldNamespaces } from '../../namespaces/namespace-members.ts';
import { runArgv, type FinishedCommand } from '../../processes/run-command.ts';
import { readState } from '../../state.ts';
import { isInUserNamespace } from '../../namespaces/user-namespace.ts';
import { startUp } from './start-up.ts';

const checkout = fileURLToPath(new URL('../../../../..', import.meta.url));
/** Ids 0 to 65535 inside map to unused ids of the machine. */
const firstId = 300_000;

// Where the tests already run in a user namespace, every scenario tests this.
describe.skipIf(isInUserNamespace())('a testbed without root', () => {
  let directory: string;
  let home: string;
  let main: string[];
  let up: ChildProcess;
  let holder: ChildProcess;

  const inside = (...words: string[]) => [
    'nsenter',
    '-t',
    String(holder.pid),
    '-U',
    '-m',
    '--',
    'env',
    `HOME=${home}`,
    ...main,
    ...words,
  ];
  const cli = (...words: string[]): Promise<FinishedCommand> => runArgv(inside(...words));

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'fairlead-rootless-'));
    home = join(directory, 'home');
    const here = join(directory, 'checkout');
    for (const each of [home, here]) mkdirSync(each);
    for (const each of [directory, home]) chownSync(each, firstId, firstId);
    const node = join(here, relative(checkout, process.execPath));
    main = [node, '--conditions=fairlead-source', join(here, 'infra', 'testbed', 'src', 'main.ts')];
    holder = await holdUserNamespace(here);
    up = await startUp(inside('up', '--foreground', '--nodes', '1'), { cwd: '/' });
  });
  afterAll(() => {
    holder.stdin!.end();
    rmSync(directory, { recursive: true, force: true });
  });

  test('has Slurm, GPUs, SSH and a laptop with fairlead', async () => {
    const gpus = await cli(
      'exec',
      'login',
      '--',
      'srun',
      '--gres=gpu:2',
      'sh',
      '-c',
      'hostname; echo $CUDA_VISIBLE_DEVICES',
    );
    expect(gpus).toMatchObject({ code: 0, stdout: 'node1\n0,1\n' });
    const ssh = await cli('exec', 'laptop', '--', 'ssh', '-o', 'BatchMode=yes', 'login', 'id -un; hostname');
    expect(ssh).toMatchObject({ code: 0, stdout: 'alice\nlogin\n' });
    const found = await cli(
      'exec',
      'laptop',
      '--',
      'sh',
      '-c',
      'command -v fairlead && test -r /opt/fairlead/package.json',
    );
    expect(found).toMatchObject({ code: 0, stdout: '/usr/local/bin/fairlead\n' });
  });

  test('has the firewall', async () => {
    const connect = (from: string, to: string) =>
      cli('exec', from, '--', 'timeout', '1.5', 'bash', '-c', `exec 3<>/dev/tcp/${to}`);
    expect((await connect('laptop', 'login/22')).code).toBe(0);
    expect((await connect('login', 'node1/6818')).code).toBe(0);
    expect((await connect('laptop', 'node1/6818')).code).toBe(124);
  });

  test('says how Slurm follows processes without cgroups', async () => {
    expect((await cli('status', '--name', 'main')).stdout).toContain('process groups only');
  });

  test('leaves no process', async () => {
    const { router } = readState(join(home, '.cache', 'fairlead', 'testbed', 'main'))!;
    using namespaces = new HeldNamespaces([router!.pid]);
    const ended = once(up, 'exit');
    up.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(namespaces.members()).toEqual([]);
  });
});

/** A process that holds a user namespace with ids, and a mount of the checkout where its root may read it. */
async function holdUserNamespace(here: string): Promise<ChildProcess> {
  const mount = 'mount --bind "$1" "$2" && exec unshare -U sh -c "echo here; exec cat"';
  const child = spawn('unshare', ['-m', 'sh', '-c', mount, 'sh', checkout, here], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  for (const kind of ['uid', 'gid']) writeFileSync(`/proc/${child.pid}/${kind}_map`, `0 ${firstId} 65536`);
  return child;
}
