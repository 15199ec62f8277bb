// alice and bob publish to a gateway of a third account on the bastion; carol has a key and nothing else.

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { asRoot, replaceProgram } from '../break-site.ts';
import { Researcher } from '../researcher.ts';
import { gatewayAccount, type GatewayHost, openGatewayHost } from './gateway-host.ts';

let testbed: Testbed;
let gateway: GatewayHost;
let people: { alice: Researcher; bob: Researcher };
let carol: string;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  // Where this host has no access lists, its administrator has made a group of the gateway's.
  await asRoot(testbed, 'bastion', `sed -i 's/^${gatewayAccount}:x:[0-9]*:/&alice,bob/' /etc/group`);
  people = { alice: new Researcher(testbed), bob: new Researcher(testbed, 'bob') };
  await Promise.all([people.alice.deploy('chat'), people.bob.deploy('chat')]);
  gateway = await openGatewayHost(testbed, 'alice');
  carol = String((await gateway.command('members', 'add', 'carol', '--key'))['key']);
}, 180_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await testbed[Symbol.asyncDispose]();
});

/** Why the account cannot connect to the socket; empty where it can. */
async function refusalAt(path: string, account: string): Promise<string> {
  const connect = ['perl', '-MIO::Socket::UNIX', '-e', `IO::Socket::UNIX->new(Peer => "${path}") or die "$!"`];
  const as = ['setpriv', `--reuid=${account}`, `--regid=${account}`, '--init-groups', '--'];
  return (await testbed.exec('bastion', [...as, ...connect], { user: 'root', cwd: '/' })).stderr;
}

async function socketsOf(owner: string): Promise<string[]> {
  const found = await asRoot(testbed, 'bastion', `find /tmp -type s -user ${owner}`);
  return found.split('\n').filter((line) => line !== '');
}

async function publish(owner: 'alice' | 'bob') {
  const { line } = await gateway.command('publishers', 'add', owner);
  return (await people[owner].fairlead('publish', 'chat', '--to', String(line))).last;
}

test('two owners publish to the gateway of a third account: a member reaches the deployments of both through it, and no other account reaches their sockets', async () => {
  expect((await gateway.ask(carol, 'chat')).status).toBe(404);
  expect(await publish('alice')).toMatchObject({ ok: true, state: 'offered', names: expect.arrayContaining(['chat']) });
  expect(await publish('bob')).toMatchObject({ ok: true, names: expect.arrayContaining(['bob/chat']) });
  for (const model of ['chat', 'bob/chat']) {
    const { status, body } = await gateway.ask(carol, model);
    expect({ model, status, body }).toMatchObject({ status: 200, body: expect.stringContaining('completion_tokens') });
  }

  for (const [owner, other] of [
    ['alice', 'bob'],
    ['bob', 'alice'],
  ] as const) {
    const sockets = await socketsOf(owner);
    const published = sockets.filter((path) => path.includes('.published/'));
    expect(published).toHaveLength(1);
    for (const path of sockets) expect(await refusalAt(path, other), path).toContain('Permission denied');
    // The gateway itself reaches what is published, and nothing beside it.
    for (const path of sockets) {
      const refusal = await refusalAt(path, gatewayAccount);
      expect({ path, refusal }).toEqual({
        path,
        refusal: published.includes(path) ? '' : expect.stringContaining('Permission denied'),
      });
    }
  }
}, 120_000);

test('unpublish takes the socket back at once, and a deployment that ends is taken back by itself', async () => {
  expect((await people.alice.fairlead('unpublish', 'chat')).last).toMatchObject({ ok: true });
  expect((await gateway.ask(carol, 'chat')).status).toBe(404);
  const left = (await socketsOf('alice')).filter((path) => path.includes('.published/'));
  expect(left).toEqual([]);
  for (const path of await socketsOf('alice'))
    expect(await refusalAt(path, gatewayAccount)).toContain('Permission denied');
  expect((await gateway.ask(carol, 'bob/chat')).status).toBe(200);

  expect((await people.bob.fairlead('stop', 'chat')).code).toBe(0);
  await expect
    .poll(async () => (await socketsOf('bob')).filter((path) => path.includes('.published/')), { timeout: 30_000 })
    .toEqual([]);
  expect((await gateway.ask(carol, 'bob/chat')).status).not.toBe(200);
}, 120_000);

test('where the file system has no access lists, the group of the gateway opens the sockets, and no other account has them', async () => {
  const broken = 'echo "setfacl: Operation not supported" >&2; exit 1';
  await using _ = await replaceProgram(testbed, 'bastion', ['setfacl', broken]);
  await gateway.command('publishers', 'remove', 'alice');
  expect(await publish('alice')).toMatchObject({ ok: true, state: 'offered' });
  expect((await gateway.ask(carol, 'chat')).status).toBe(200);
  const [path, ...more] = (await socketsOf('alice')).filter((one) => one.includes('.published/'));
  expect(more).toEqual([]);
  expect(await asRoot(testbed, 'bastion', `stat -c %G:%a ${path}`)).toBe(`${gatewayAccount}:660\n`);
  expect(await refusalAt(path!, 'daemon')).toContain('Permission denied');

  // An owner who is not in the group is told what to ask for.
  await asRoot(testbed, 'bastion', `sed -i 's/^\\(${gatewayAccount}:x:[0-9]*:\\).*/\\1/' /etc/group`);
  expect((await people.alice.fairlead('unpublish', 'chat')).last).toMatchObject({ ok: true });
  await asRoot(testbed, 'bastion', 'pkill -KILL -u alice -f "control.mjs serve"');
  await gateway.command('publishers', 'remove', 'alice');
  const refused = await publish('alice');
  expect(refused).toMatchObject({ ok: false, error: { code: 'publish_refused' } });
  expect(JSON.stringify(refused)).toContain('ask the administrator of this host for the package `acl`');
  expect((await people.alice.fairlead('stop', 'chat')).code).toBe(0);
}, 180_000);
