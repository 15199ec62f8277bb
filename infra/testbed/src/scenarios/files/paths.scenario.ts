// Homes with spaces and special characters in their paths, and paths too long for a socket.

import { expect, test } from 'vitest';
import { openTestbed } from '../../index.ts';
import { asRoot } from '../break-site.ts';
import { Researcher } from '../researcher.ts';

const home = "/home/al ice's höme";

test('a home with a space, a quote and an umlaut in its path serves like any other', async () => {
  await using testbed = await openTestbed({ nodes: 1 });
  for (const host of ['bastion', 'login', 'ctl', 'node1'])
    await asRoot(testbed, host, `sed -i "s#:/home/alice:#:${home}:#" /etc/passwd`);
  for (const host of ['bastion', 'login']) await asRoot(testbed, host, `mv /home/alice "${home}"`);
  const alice = new Researcher(testbed);

  // Before anything is installed: init refuses a directory too long for sockets and says so; with another one it works.
  const config = '.config/fairlead/config.yaml';
  const long = `/tmp/${'x'.repeat(90)}`;
  await testbed.exec('laptop', ['sed', '-i', `s#^bastion:#bastion:\\n  runDir: ${long}#`, config]);
  const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'long');
  expect(code).toBe(1);
  expect(last['error']).toMatchObject({
    code: 'bastion_unfit',
    message: expect.stringMatching(/80 bytes long at most: got 95/),
    hint: expect.stringContaining('bastion.runDir'),
  });
  await testbed.exec('laptop', ['sed', '-i', `s#runDir: .*#runDir: /tmp/al ice#`, config]);

  const { instance } = await alice.deploy('spaced');
  const connected = await alice.connect('spaced');
  expect((await connected.ask()).status).toBe(200);
  expect(await alice.instance('spaced')).toMatchObject({ endpoint: { socket: `/tmp/al ice/${instance}-1.sock` } });
  expect((await alice.fairlead('logs', 'spaced', '--source', 'job')).lines.length).toBeGreaterThan(1);
  expect((await alice.fairlead('stop', 'spaced')).code).toBe(0);
  await connected.running.ended;
  const keys = await asRoot(testbed, 'bastion', `cat "${home}/.ssh/authorized_keys"`);
  expect(keys).not.toContain('fairlead');
  // Nothing was made at a path that ends at the space.
  expect(await asRoot(testbed, 'login', 'ls /home | sort')).toBe("al ice's höme\nbob\n");
}, 240_000);
