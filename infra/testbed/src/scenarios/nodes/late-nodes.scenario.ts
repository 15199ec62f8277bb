// A node of a job that comes a minute after the others: its agent is held before its first line.

import { expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { asRoot } from '../break-site.ts';
import { Researcher } from '../researcher.ts';
import { agentPattern, filesLeft, noteOf, notesSince, overTwo, processesLeft } from './node-steps.ts';

/** Puts a script over the agent's Node on node2, which waits as long as a file is there. An agent has to run there. */
async function holdAgents(testbed: Testbed): Promise<void> {
  const script = '#!/bin/sh\nwhile [ -e /run/held ]; do sleep 0.2; done\nexec /run/real-node "$@"\n';
  await testbed.exec('node2', ['sh', '-c', 'cat > /run/slow-node; chmod 755 /run/slow-node; touch /run/held'], {
    user: 'root',
    stdin: script,
  });
  await asRoot(
    testbed,
    'node2',
    `node=$(readlink /proc/$(pgrep -u alice -o -f '${agentPattern}')/exe); touch /run/real-node
    mount --bind "$node" /run/real-node; mount --bind /run/slow-node "$node"`,
  );
}

test('a node that comes a minute late is waited for and named, and the deployment serves when it is there', async () => {
  await using testbed = await openTestbed({ nodes: 2 });
  const alice = new Researcher(testbed);
  await alice.deploy('first', ...overTwo);
  await holdAgents(testbed);
  await alice.fairlead('stop', 'first', '--now');
  await expect.poll(() => processesLeft(testbed), { timeout: 30_000 }).toEqual([]);

  const deploying = alice.start('deploy', 'demo', '--engine', 'sim', '--name', 'late', ...overTwo);
  const submitted = await deploying.line((line) => line.includes('"deployment.submitted"'));
  const { instance } = JSON.parse(submitted) as { instance: string };
  await expect
    .poll(() => notesSince(testbed, instance, 0).catch(() => []), { timeout: 30_000 })
    .toContainEqual(expect.objectContaining({ kind: 'nodes.awaited', message: 'waits for node2 (rank 1)' }));
  const awaited = await noteOf(testbed, instance, { kind: 'nodes.awaited', sinceMs: 0 });
  await expect.poll(() => Date.now() - awaited.atMs, { timeout: 70_000, interval: 1_000 }).toBeGreaterThan(60_000);
  expect((await alice.instance('late')).state.status).toBe('starting');
  await asRoot(testbed, 'node2', 'rm /run/held');
  expect(await deploying.ended).toBe(0);
  const joined = await noteOf(testbed, instance, { kind: 'node.joined', sinceMs: 0 });
  expect(joined.atMs - awaited.atMs).toBeGreaterThan(60_000);
  const connected = await alice.connect('late');
  expect((await connected.ask()).status).toBe(200);
  await alice.fairlead('stop', 'late', '--now');
  await connected.running.ended;
  await expect.poll(() => processesLeft(testbed), { timeout: 30_000 }).toEqual([]);
  expect(await filesLeft(testbed)).toEqual([]);
}, 240_000);
