// alice and bob on the same node and the same bastion.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';

let testbed: Testbed;

beforeAll(async () => {
  testbed = await openTestbed();
});
afterAll(() => testbed[Symbol.asyncDispose]());

const onNode1 = ['--set', 'slurm.extra=["--nodelist=node1"]'];

test("two users on one node cannot reach each other's engine", async () => {
  const people = { alice: new Researcher(testbed), bob: new Researcher(testbed, 'bob') };
  await Promise.all([people.alice.deploy('same', ...onNode1), people.bob.deploy('same', ...onNode1)]);
  const seen = await Promise.all([people.alice.instance('same'), people.bob.instance('same')]);
  expect(seen.map(({ hostname }) => hostname)).toEqual(['node1', 'node1']);

  const places = { node1: ['/tmp'], bastion: ['/tmp'] };
  for (const [host, folders] of Object.entries(places)) {
    for (const [owner, other] of [
      ['alice', 'bob'],
      ['bob', 'alice'],
    ] as const) {
      const { stdout } = await testbed.exec(host, ['find', ...folders, '-type', 's', '-user', owner], { user: 'root' });
      const sockets = stdout.split('\n').filter((line) => line !== '');
      expect(sockets.length, `${owner} on ${host}`).toBeGreaterThan(0);
      for (const path of sockets) {
        const tried = await testbed.exec(
          host,
          ['perl', '-MIO::Socket::UNIX', '-e', `IO::Socket::UNIX->new(Peer => "${path}") or die "$!"`],
          { user: other },
        );
        expect(tried.stderr, `${other} at ${path}`).toContain('Permission denied');
      }
    }
  }

  // Each key opens its own deployment and not the other's.
  const [a, b] = [await people.alice.connect('same'), await people.bob.connect('same')];
  expect(a.baseUrl).not.toBe(b.baseUrl);
  const crossed = await testbed.exec('laptop', [
    'curl',
    '-s',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    `${a.baseUrl}/models`,
    '-H',
    `authorization: Bearer ${b.apiKey}`,
  ]);
  expect(crossed.stdout).toBe('401');
  await Promise.all([people.alice.fairlead('stop', 'same'), people.bob.fairlead('stop', 'same')]);
  await Promise.all([a.running.ended, b.running.ended]);
}, 150_000);
