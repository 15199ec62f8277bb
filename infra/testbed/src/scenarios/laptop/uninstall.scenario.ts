// An upgrade while a deployment runs, then uninstall: no host has a file of Fairlead, and authorized_keys is as before.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { isToken, Researcher } from '../researcher.ts';

const timeoutMs = 150_000;

let testbed: Testbed;
let alice: Researcher;
let keysBefore: string;

beforeAll(async () => {
  testbed = await openTestbed();
  alice = new Researcher(testbed);
  keysBefore = await sumOfKeys();
});
afterAll(() => testbed[Symbol.asyncDispose]());

async function sumOfKeys(): Promise<string> {
  return (await testbed.exec('bastion', ['sha256sum', '.ssh/authorized_keys'])).stdout;
}

/** All files of alice on a host whose path names Fairlead. */
async function tracesOn(host: string): Promise<string[]> {
  const find = ['find', '/home/alice', '/tmp', '/run/user', '/dev/shm', '-user', 'alice', '-iname', '*fairlead*'];
  const { stdout } = await testbed.exec(host, find, { user: 'root' });
  return stdout.split('\n').filter((line) => line !== '');
}

async function processesOn(host: string): Promise<string[]> {
  const { stdout } = await testbed.exec(host, ['pgrep', '-u', 'alice', '-a'], { user: 'root' });
  return stdout.split('\n').filter((line) => line !== '' && !/ sshd: /.test(line));
}

test(
  'an upgrade replaces control during a stream, which loses nothing',
  async () => {
    await alice.deploy('kept');
    const connected = await alice.connect('kept');
    const stream = connected.stream({ tokens: 400, decodeMs: 20 });
    await stream.line(isToken);
    // An older version would leave this: the same program under another name.
    const script =
      'cd .local/share/fairlead/bin && cp "$(readlink control.mjs)" control-00000000000000aa.mjs && ln -sfn control-00000000000000aa.mjs control.mjs';
    await testbed.exec('bastion', ['sh', '-c', script]);
    const upgraded = await alice.fairlead('upgrade');
    expect(upgraded.last).toMatchObject({
      event: 'upgraded',
      ok: true,
      control: { replaced: true, before: '00000000000000aa' },
      keepTheirAgent: ['kept'],
    });
    expect(await stream.ended).toBe(0);
    expect(stream.lines.filter(isToken)).toHaveLength(400);
    expect((await alice.instance('kept')).endpoint?.generation).toBe(1);
    await connected.close();
  },
  timeoutMs,
);

test(
  'uninstall stops all deployments and leaves nothing on any host; authorized_keys has its original bytes',
  async () => {
    const refused = await alice.fairlead('uninstall');
    expect(refused).toMatchObject({ code: 1, last: { error: { code: 'deployments_live' } } });
    const { code, last, stderr } = await alice.fairlead('uninstall', '--yes', '--with-config');
    expect(stderr).toBe('');
    expect(last).toMatchObject({ event: 'uninstalled', ok: true, left: [], stopped: ['kept'] });
    expect(code).toBe(0);
    expect((await testbed.exec('login', ['squeue', '-h'])).stdout).toBe('');
    for (const host of ['laptop', 'bastion', 'login', 'node1']) {
      expect(await tracesOn(host)).toEqual([]);
      expect(await processesOn(host)).toEqual([]);
    }
    expect(await sumOfKeys()).toBe(keysBefore);
  },
  timeoutMs,
);
