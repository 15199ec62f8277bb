// The testbed itself: its Slurm, its SSH, its firewall and its users.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { listenOnHost, tryConnect } from '../probe.ts';

let testbed: Testbed;
beforeAll(async () => {
  testbed = await openTestbed();
});
afterAll(async () => {
  await testbed[Symbol.asyncDispose]();
});

describe('Slurm', () => {
  test('has every node idle', async () => {
    const { stdout } = await testbed.exec('login', ['sinfo', '-h', '-p', 'gpu', '-o', '%D %t']);
    expect(stdout.trim()).toBe('2 idle');
  });

  test("runs alice's batch job as alice, with the GPUs she asked for", async () => {
    const script =
      '#!/bin/sh\nid -un; hostname; echo "gpus=$CUDA_VISIBLE_DEVICES"; ls /dev/nvidia*; command -v node; exit 3\n';
    const submitted = await testbed.exec('login', ['sbatch', '--parsable', '--wait', '--gres=gpu:2', '-o', 'out.txt'], {
      stdin: script,
    });
    expect(submitted).toMatchObject({ code: 3 });
    const { stdout } = await testbed.exec('login', ['cat', 'out.txt']);
    expect(stdout).toBe('alice\nnode1\ngpus=0,1\n/dev/nvidia0\n/dev/nvidia1\n/dev/nvidia2\n/dev/nvidia3\n');
  });

  test('kills the leftover processes of a cancelled job, where it follows processes by cgroup', async ({ skip }) => {
    if (testbed.state().tracking === 'pgid') skip('no usable cgroups on this machine');
    const job = '#!/bin/sh\nsetsid sh -c "trap : TERM; touch started; while :; do sleep 1; done" &\nwait\n';
    const { stdout } = await testbed.exec('login', ['sbatch', '--parsable'], { stdin: job });
    await expect
      .poll(async () => (await testbed.exec('login', ['test', '-e', 'started'])).code, { timeout: 20_000 })
      .toBe(0);
    await testbed.exec('login', ['scancel', stdout.trim()]);
    const alices = async () => (await testbed.exec('node1', ['pgrep', '-u', 'alice', 'sh'], { user: 'root' })).stdout;
    await expect.poll(alices, { timeout: 20_000 }).toBe('');
  });

  test('lets root end a job early, as a time limit would', async () => {
    const { stdout } = await testbed.exec('login', ['sbatch', '--parsable', '--wrap', 'sleep 600']);
    const id = stdout.trim();
    const state = async () =>
      (await testbed.exec('login', ['squeue', '-h', '-t', 'all', '-j', id, '-o', '%T'])).stdout.trim();
    await expect.poll(state, { timeout: 20_000 }).toBe('RUNNING');
    const update = await testbed.exec('ctl', ['scontrol', 'update', `jobid=${id}`, 'EndTime=now+1'], { user: 'root' });
    expect(update.code).toBe(0);
    await testbed.exec('login', ['scancel', id]);
  });
});

describe('the firewall', () => {
  beforeAll(async () => {
    await Promise.all([listenOnHost(testbed, 'node1', 8000), listenOnHost(testbed, 'bastion', 8000)]);
  });

  const table: ReadonlyArray<readonly [from: string, to: string, outcome: string]> = [
    ['laptop', 'bastion:22', 'connected'],
    ['laptop', 'login:22', 'connected'],
    ['laptop', 'bastion:8000', 'dropped'],
    ['laptop', 'node1:8000', 'dropped'],
    ['laptop', 'node1:6818', 'dropped'],
    ['laptop', 'ctl:6817', 'dropped'],
    ['laptop', 'login-int:22', 'dropped'],
    ['laptop', '203.0.113.1:22', 'dropped'],
    ['bastion', 'bastion:8000', 'connected'],
    ['bastion', 'login:22', 'connected'],
    ['bastion', 'node1:8000', 'dropped'],
    ['bastion', 'node1:6818', 'dropped'],
    ['bastion', 'ctl:6817', 'dropped'],
    ['bastion', 'laptop:22', 'dropped'],
    ['login', 'node1:8000', 'connected'],
    ['login', 'ctl:6817', 'connected'],
    ['login', 'bastion:22', 'connected'],
    ['node1', 'bastion:22', 'connected'],
    ['node1', 'node2:6818', 'connected'],
    ['node1', 'ctl:6817', 'connected'],
    ['node1', 'login-int:22', 'connected'],
    ['node1', 'bastion:8000', 'refused'],
    ['node1', 'login:22', 'refused'],
    ['node1', 'laptop:22', 'refused'],
    ['node1', '8.8.8.8:443', 'refused'],
  ];
  test.concurrent.each(table)('%s to %s: %s', async (from, to, outcome) => {
    expect(await tryConnect(testbed, from, to)).toBe(outcome);
  });
});

describe('SSH', () => {
  const ssh = (from: string, to: string, user: string, command: string) =>
    testbed.exec(from, ['ssh', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=5', to, command], { user });

  test.each([
    ['alice', 'bastion'],
    ['alice', 'login'],
    ['bob', 'bastion'],
    ['bob', 'login'],
  ])('lets %s in from the laptop to %s by key', async (user, host) => {
    expect(await ssh('laptop', host, user, 'id -un; hostname')).toMatchObject({
      code: 0,
      stdout: `${user}\n${host}\n`,
    });
  });

  test("keeps bob out of alice's accounts and homes", async () => {
    expect((await ssh('laptop', 'alice@bastion', 'bob', 'true')).stderr).toContain('Permission denied (publickey)');
    for (const host of ['laptop', 'bastion', 'login', 'node1']) {
      expect((await testbed.exec(host, ['ls', '/home/alice'], { user: 'bob' })).code).not.toBe(0);
    }
    expect((await testbed.exec('laptop', ['cat', '/home/alice/.ssh/id_ed25519'], { user: 'bob' })).code).not.toBe(0);
  });

  test('gives the cluster no key that opens the bastion', async () => {
    const options = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no'];
    const answer = await testbed.exec('node1', ['ssh', ...options, 'bastion', 'true']);
    expect(answer.stderr).toContain('Permission denied (publickey)');
  });
});

describe('the hosts', () => {
  test('have no Node, except the laptop', async () => {
    const find = 'command -v node npm npx pnpm fairlead || echo none';
    for (const host of ['bastion', 'login', 'node1']) {
      expect((await testbed.exec(host, ['bash', '-c', find])).stdout).toBe('none\n');
    }
    expect((await testbed.exec('laptop', ['bash', '-c', 'command -v fairlead'])).stdout).toBe(
      '/usr/local/bin/fairlead\n',
    );
  });

  test("run fairlead on alice's laptop with the project's own Node", async () => {
    const answer = await testbed.exec('laptop', ['/opt/fairlead-node/node', '-p', 'process.version']);
    expect(answer.stdout.trim()).toBe(process.version);
    expect((await testbed.exec('laptop', ['cat', '/opt/fairlead/package.json'])).stdout).toContain('"fairlead"');
  });

  test('share a home on the cluster only', async () => {
    await testbed.exec('login', ['sh', '-c', 'echo shared > seen']);
    expect((await testbed.exec('node2', ['cat', 'seen'])).stdout).toBe('shared\n');
    expect((await testbed.exec('bastion', ['test', '-e', 'seen'])).code).toBe(1);
    expect((await testbed.exec('laptop', ['test', '-e', 'seen'])).code).toBe(1);
  });

  test("do not see the testbed's own directory", async () => {
    const answer = await testbed.exec('login', ['ls', testbed.directory], { user: 'root' });
    expect(answer.code).not.toBe(0);
  });

  test('write to private layers only', async () => {
    await testbed.exec(
      'laptop',
      ['sh', '-c', 'echo x > /etc/fairlead-was-here; echo x > /usr/local/bin/fairlead-was-here'],
      { user: 'root' },
    );
    expect((await testbed.exec('laptop', ['test', '-e', '/etc/fairlead-was-here'])).code).toBe(0);
    expect((await testbed.exec('login', ['test', '-e', '/etc/fairlead-was-here'])).code).toBe(1);
  });
});
