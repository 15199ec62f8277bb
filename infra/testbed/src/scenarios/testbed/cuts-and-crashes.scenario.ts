// The faults that a test can inject: a cut path, a crashed host; and the profile in which the bastion is the login node.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { listenOnHost, tryConnect } from '../probe.ts';

describe('a cut', () => {
  let testbed: Testbed;
  beforeAll(async () => {
    testbed = await openTestbed();
  });
  afterAll(async () => {
    await testbed[Symbol.asyncDispose]();
  });

  test('drops new and established connections, and after a heal the same connection continues', async () => {
    const child = testbed.spawn('laptop', ['ssh', '-o', 'BatchMode=yes', 'bastion', 'cat']);
    const lines = child.stdout!.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
    child.stdin!.write('before\n');
    expect((await lines.next()).value).toBe('before\n');
    await testbed.cut('laptop');
    expect(await tryConnect(testbed, 'laptop', 'bastion:22')).toBe('dropped');
    expect(await tryConnect(testbed, 'laptop', 'login:22')).toBe('connected');
    expect(await tryConnect(testbed, 'node1', 'bastion:22')).toBe('connected');
    child.stdin!.write('during\n');
    const next = lines.next();
    expect(await Promise.race([next, testbed.exec('laptop', ['sleep', '1'])])).toMatchObject({ code: 0 });
    await testbed.heal('laptop');
    expect((await next).value).toBe('during\n');
    child.stdin!.end();
  });

  test('also cuts a host on the network of the bastion', async () => {
    await testbed.cut('login');
    expect(await tryConnect(testbed, 'login', 'bastion:22')).toBe('dropped');
    expect(await tryConnect(testbed, 'login', 'ctl:6817')).toBe('connected');
    await testbed.heal('login');
    expect(await tryConnect(testbed, 'login', 'bastion:22')).toBe('connected');
  });

  test('stays after a crash of the bastion', async () => {
    await testbed.cut('node1');
    await testbed.crash('bastion');
    expect(await tryConnect(testbed, 'laptop', 'bastion:22')).not.toBe('connected');
    await testbed.boot('bastion');
    // sshd forks before it listens.
    await expect.poll(() => tryConnect(testbed, 'laptop', 'bastion:22')).toBe('connected');
    expect(await tryConnect(testbed, 'node1', 'bastion:22')).toBe('dropped');
    await testbed.heal('node1');
  });

  test('is not a crash of a node, which Slurm takes back when it boots', async () => {
    await testbed.crash('node2');
    await expect(testbed.exec('node2', ['true'])).rejects.toMatchObject({ code: 'host_down' });
    await testbed.boot('node2');
    const run = await testbed.exec('login', ['srun', '-w', 'node2', 'hostname']);
    expect(run.stdout).toBe('node2\n');
  });
});

describe('the profile login-is-bastion', () => {
  let testbed: Testbed;
  beforeAll(async () => {
    testbed = await openTestbed({ profile: 'login-is-bastion', nodes: 1 });
    await listenOnHost(testbed, 'node1', 8000);
  });
  afterAll(async () => {
    await testbed[Symbol.asyncDispose]();
  });

  test.each([
    ['laptop', 'login:22', 'connected'],
    ['laptop', 'login-int:22', 'dropped'],
    ['laptop', 'node1:8000', 'dropped'],
    ['node1', 'login-int:22', 'connected'],
    ['node1', 'login:22', 'refused'],
    ['node1', 'laptop:22', 'refused'],
  ])('%s to %s: %s', async (from, to, outcome) => {
    expect(await tryConnect(testbed, from, to)).toBe(outcome);
  });

  test('has no host called bastion', async () => {
    await expect(testbed.exec('bastion', ['true'])).rejects.toMatchObject({ code: 'unknown_host' });
  });

  test('cuts a node off from the login host', async () => {
    await testbed.cut('node1');
    expect(await tryConnect(testbed, 'node1', 'login-int:22')).toBe('dropped');
    await testbed.heal('node1');
    expect(await tryConnect(testbed, 'node1', 'login-int:22')).toBe('connected');
  });
});
