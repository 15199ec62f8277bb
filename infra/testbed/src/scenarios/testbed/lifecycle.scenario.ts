// How a testbed ends: by `down`, with its owner, or killed. Nothing of it is left.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shellQuote } from '@fairlead/kit';
import { afterEach, describe, expect, test } from 'vitest';
import { openTestbed, TestbedHandle } from '../../index.ts';
import type { HeldNamespaces } from '../../namespaces/namespace-members.ts';
import { runArgv } from '../../processes/run-command.ts';
import { stateBase, stateDirectory } from '../../state.ts';
import { cgroupsNamed, holdNamespaces, machineLinks, machineMounts } from '../probe.ts';
import { startUp } from './start-up.ts';

const main = ['--conditions=fairlead-source', fileURLToPath(new URL('../../main.ts', import.meta.url))];
const newName = () => `l-${randomBytes(4).toString('hex')}`;
const handleOf = (name: string) => new TestbedHandle(name, stateDirectory(stateBase(process.env), name));
const cli = (...words: string[]) => runArgv([process.execPath, ...main, ...words]);

const names: string[] = [];
afterEach(async () => {
  await Promise.all(names.splice(0).map((name) => cli('down', '--name', name)));
});
function ownName(): string {
  const name = newName();
  names.push(name);
  return name;
}

/** Everything that could be left of a testbed; expected to be empty. */
function leftovers(testbed: TestbedHandle, namespaces: HeldNamespaces): Record<string, unknown> {
  return {
    processes: namespaces.members(),
    cgroups: cgroupsNamed(`fairlead-testbed-${testbed.name}-`),
    directory: existsSync(testbed.directory),
    mounts: machineMounts().filter((line) => line.includes(testbed.name)),
  };
}
const nothing = { processes: [], cgroups: [], directory: false, mounts: [] };

function startForeground(name: string, before: string[] = [], program = main): Promise<ChildProcess> {
  const up = [process.execPath, ...program, 'up', '--nodes', '1', '--foreground', '--name', name];
  return startUp([...before, ...up]);
}

describe('a testbed', () => {
  test('that is disposed leaves no process, mount, link, cgroup or file, not even of a running job', async () => {
    const before = { mounts: machineMounts(), links: machineLinks() };
    const testbed = await openTestbed({ nodes: 1 });
    await testbed.exec('login', ['sbatch', '--wrap', 'sleep 600']);
    testbed.spawn('laptop', ['sleep', '600'], { stdio: 'ignore' });
    using namespaces = holdNamespaces(testbed);
    expect(namespaces.members().length).toBeGreaterThan(8);
    await testbed[Symbol.asyncDispose]();
    expect(leftovers(testbed, namespaces)).toEqual(nothing);
    expect({ mounts: machineMounts(), links: machineLinks() }).toEqual(before);
  });

  test('stays after up, is shown by status, and is removed by down', async () => {
    const name = ownName();
    expect(await cli('up', '--nodes', '1', '--name', name)).toMatchObject({ code: 0 });
    const testbed = handleOf(name);
    using namespaces = holdNamespaces(testbed);
    const status = JSON.parse((await cli('status', '--json', '--name', name)).stdout) as { testbeds: unknown[] };
    expect(status.testbeds).toMatchObject([{ name, up: true, slurm: { node1: 'idle' } }]);
    expect(await cli('up', '--name', name)).toMatchObject({ code: 1, stderr: expect.stringContaining('up already') });
    expect(await cli('down', '--name', name)).toMatchObject({ code: 0 });
    expect(leftovers(testbed, namespaces)).toEqual(nothing);
    expect(await cli('down', '--name', name)).toMatchObject({ code: 0 });
    expect((await cli('status', '--name', name)).code).toBe(1);
  });

  test('runs beside another one, and neither affects the other', async () => {
    await using one = await openTestbed({ nodes: 1 });
    await using two = await openTestbed({ nodes: 1 });
    await one.exec('login', ['sh', '-c', 'echo one > which']);
    expect((await two.exec('login', ['cat', 'which'])).code).not.toBe(0);
    await one[Symbol.asyncDispose]();
    expect((await two.exec('login', ['srun', 'hostname'])).stdout).toBe('node1\n');
  });

  test('in the foreground ends on Ctrl-C', async () => {
    const testbed = handleOf(ownName());
    const child = await startForeground(testbed.name);
    using namespaces = holdNamespaces(testbed);
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    expect(leftovers(testbed, namespaces)).toEqual(nothing);
  });

  test('ends when its owner is killed', async () => {
    const testbed = handleOf(ownName());
    const child = await startForeground(testbed.name);
    using namespaces = holdNamespaces(testbed);
    child.kill('SIGKILL');
    await expect.poll(() => leftovers(testbed, namespaces), { timeout: 30_000 }).toEqual(nothing);
  });

  test('ends with the process that --owner-pid names', async () => {
    const owner = spawn('sleep', ['600']);
    const testbed = handleOf(ownName());
    expect(await cli('up', '--nodes', '1', '--name', testbed.name, '--owner-pid', String(owner.pid))).toMatchObject({
      code: 0,
    });
    using namespaces = holdNamespaces(testbed);
    expect((await testbed.exec('laptop', ['true'])).code).toBe(0);
    owner.kill('SIGKILL');
    await expect.poll(() => leftovers(testbed, namespaces), { timeout: 30_000 }).toEqual(nothing);
  });

  test('whose keeper is killed leaves no process; the next up removes the rest, and the name can be used again', async () => {
    const testbed = handleOf(ownName());
    expect(await cli('up', '--nodes', '1', '--name', testbed.name)).toMatchObject({ code: 0 });
    using namespaces = holdNamespaces(testbed);
    process.kill(testbed.state().holder.pid, 'SIGKILL');
    await expect.poll(() => namespaces.members(), { timeout: 30_000 }).toEqual([]);
    expect(existsSync(testbed.directory)).toBe(true);
    expect(await cli('up', '--nodes', '1', '--name', ownName())).toMatchObject({ code: 0 });
    expect(leftovers(testbed, namespaces)).toEqual(nothing);
    expect(await cli('up', '--nodes', '1', '--name', testbed.name)).toMatchObject({ code: 0 });
    expect((await testbed.exec('login', ['srun', 'hostname'])).stdout).toBe('node1\n');
  });

  test('has fairlead on the laptop even from a checkout that alice may not enter', async () => {
    const hidden = mkdtempSync(join(tmpdir(), 'fairlead-testbed-'));
    const checkout = join(hidden, 'checkout');
    // A mount of the same checkout that only this command sees, below a directory that only root may enter.
    const mount = `mkdir "$0" && mount --bind ${shellQuote(fileURLToPath(new URL('../../../../..', import.meta.url)))} "$0" && exec "$@"`;
    const testbed = handleOf(ownName());
    const here = ['--conditions=fairlead-source', join(checkout, 'infra', 'testbed', 'src', 'main.ts')];
    const child = await startForeground(testbed.name, ['unshare', '-m', 'sh', '-c', mount, checkout], here);
    const load = 'import("/opt/fairlead/packages/kit/src/index.ts").then((kit) => console.log(typeof kit.shellQuote))';
    const argv = ['/opt/fairlead-node/node', '--conditions=fairlead-source', '-e', load];
    expect(await testbed.exec('laptop', argv)).toMatchObject({ code: 0, stdout: 'function\n' });
    expect((await testbed.exec('laptop', ['touch', '/opt/fairlead/x'], { user: 'root' })).code).not.toBe(0);
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(hidden, { recursive: true });
  });
});
