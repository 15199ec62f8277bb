// Ten jobs over the same two nodes at once: ports, paths and sockets do not collide, and processes of another user are left alone.

import { expect, test } from 'vitest';
import { openTestbed } from '../../index.ts';
import { configureSlurm } from '../break-site.ts';
import { Researcher } from '../researcher.ts';
import { filesLeft, overTwo, processesLeft } from './node-steps.ts';

const names = Array.from({ length: 10 }, (_, at) => `job${at}`);

test('ten deployments over the same two nodes serve at once, and end without a trace of one', async () => {
  await using testbed = await openTestbed({ nodes: 2 });
  const alice = new Researcher(testbed);
  await configureSlurm(testbed, 'PartitionName=shared Nodes=ALL OverSubscribe=FORCE:10 State=UP');
  // Looks like a part of an engine, and is another user's.
  const other = testbed.spawn('node2', ['bash', '-c', 'exec -a engine-sim.mjs sleep 600'], { user: 'bob' });
  const shared = ['--set', 'slurm.partition=shared', '--set', 'slurm.mem=1G', '--set', 'slurm.extra=["#SBATCH -N2"]'];
  await alice.deploy('first', ...overTwo, ...shared);
  await Promise.all(names.slice(1).map((name) => alice.deploy(name, ...overTwo, ...shared)));
  const running = (await testbed.exec('login', ['squeue', '-h', '-t', 'R', '-o', '%N'])).stdout.trim().split('\n');
  expect(running).toEqual(names.map(() => 'node[1-2]'));
  const events = await Promise.all(names.slice(1).map((name) => alice.fairlead('events', name)));
  expect(JSON.stringify(events)).not.toMatch(/engine\.(exited|spawn_failed)|node\.lost/);
  for (const name of ['first', ...names.slice(1)]) {
    const connected = await alice.connect(name);
    expect((await connected.ask()).status).toBe(200);
    await connected.close();
  }
  await Promise.all(['first', ...names.slice(1)].map((name) => alice.fairlead('stop', name, '--now')));
  await expect.poll(() => processesLeft(testbed), { timeout: 40_000 }).toEqual([]);
  expect(await filesLeft(testbed)).toEqual([]);
  expect((await testbed.exec('node2', ['pgrep', '-u', 'bob', '-fc', 'engine-sim.mjs'], { user: 'root' })).stdout).toBe(
    '1\n',
  );
  process.kill(-(other.pid ?? 0), 'SIGKILL');
}, 300_000);
