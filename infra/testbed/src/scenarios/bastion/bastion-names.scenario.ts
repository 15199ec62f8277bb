// Names of a bastion: a name of two hosts that share a home, an IPv6 address.

import { expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { asRoot } from '../break-site.ts';
import { Researcher } from '../researcher.ts';

/** Makes the name resolve to `first` on that host. */
async function lead(testbed: Testbed, host: string, first: 'login' | 'login2'): Promise<void> {
  const is = (name: string) => `/ ${name} logins| ${name}-int logins-int/`;
  const other = first === 'login' ? 'login2' : 'login';
  const turn = `awk '${is(other)} { last = last $0 "\\n"; next } { print } END { printf "%s", last }' /etc/hosts > /run/hosts; cat /run/hosts > /etc/hosts`;
  await asRoot(testbed, host, turn);
}

test('a name that leads to another host than the configured one is refused with both names, by laptops and by agents', async () => {
  await using testbed = await openTestbed({ profile: 'login-is-bastion', logins: 2, nodes: 1 });
  const alice = new Researcher(testbed);
  const names = 's/fromLaptop: { host: login }/fromLaptop: { host: logins }/; s/host: login-int/host: logins-int/';
  await testbed.exec('laptop', ['sed', '-i', names, '.config/fairlead/config.yaml']);
  await lead(testbed, 'laptop', 'login');
  await lead(testbed, 'node1', 'login');
  const { instance } = await alice.deploy('pinned');

  await lead(testbed, 'laptop', 'login2');
  for (const args of [['list'], ['deploy', 'demo', '--name', 'other']]) {
    const { code, last } = await alice.fairlead(...args);
    expect(code).toBe(1);
    expect(last['error']).toMatchObject({
      code: 'bastion_moved',
      message: expect.stringContaining('it is host login2, not login, which holds the sockets'),
      hint: expect.stringMatching(/logins may stand for several hosts. Name login itself in bastion.fromLaptop.host/),
    });
  }
  await lead(testbed, 'laptop', 'login');

  await lead(testbed, 'node1', 'login2');
  await testbed.exec('login', ['pkill', '-9', '-u', 'alice', 'sshd'], { user: 'root' });
  const log = `.local/share/fairlead/jobs/${instance}/job.log`;
  await expect
    .poll(async () => (await testbed.exec('login', ['cat', log])).stdout, { timeout: 20_000 })
    .toMatch(/cannot use alice@logins-int because it leads to login2: login was set up.*Name one of them/);
  await lead(testbed, 'node1', 'login');
  await alice.until('pinned', ({ state, endpoint }) => state.status === 'ready' && (endpoint?.generation ?? 0) > 1);

  // The agent has tried the other host again and again; it shares the home, and no process of ours runs there.
  const controls = async (host: string) =>
    (await testbed.exec(host, ['pgrep', '-c', '-f', 'control.mjs serve'], { user: 'root' })).stdout.trim();
  expect([await controls('login2'), await controls('login')]).toEqual(['0', '1']);
  await alice.fairlead('stop', 'pinned', '--now');
}, 120_000);

test('a bastion with only an IPv6 address serves by its name and by its address', async () => {
  await using testbed = await openTestbed({ ipv6Bastion: true, nodes: 1 });
  const alice = new Researcher(testbed);
  await alice.deploy('named');
  await alice.fairlead('stop', 'named', '--now');
  const address = "'2001:db8:2::10'";
  const config = '.config/fairlead/config.yaml';
  await testbed.exec('laptop', ['sed', '-i', `s/{ host: bastion/{ host: ${address}/`, config]);
  await testbed.exec('laptop', ['rm', '.local/state/fairlead/profile.json']);
  await alice.deploy('numbered');
  const connected = await alice.connect('numbered');
  expect((await connected.ask()).status).toBe(200);
  expect((await alice.fairlead('stop', 'numbered', '--now')).code).toBe(0);
  await connected.running.ended;
}, 120_000);
