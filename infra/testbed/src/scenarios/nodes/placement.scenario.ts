// Which nodes a job over several gets: whole ones, near ones on a cluster with switches, no more than there are, all of one kind.

import { expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { asRoot } from '../break-site.ts';
import { Researcher } from '../researcher.ts';
import { overTwo } from './node-steps.ts';

/** node1 and node3 at one switch, node2 at another. Slurm reads a new plugin only when its controller starts. */
async function addSwitches(testbed: Testbed): Promise<void> {
  const switches = ['SwitchName=s1 Nodes=node[1,3]', 'SwitchName=s2 Nodes=node2', 'SwitchName=top Switches=s[1-2]'];
  await asRoot(
    testbed,
    'ctl',
    [
      `printf '%s\\n' ${switches.map((line) => `'${line}'`).join(' ')} > /etc/slurm/topology.conf`,
      'echo TopologyPlugin=topology/tree >> /etc/slurm/slurm.conf',
      'kill $(cat /run/slurm/slurmctld.pid); while pgrep -x slurmctld >/dev/null; do sleep 0.1; done',
      '/usr/sbin/slurmctld </dev/null >/dev/null 2>&1',
      'until sinfo -h -t idle -p gpu -o %D | grep -q 3; do sleep 0.1; done',
    ].join('\n'),
  );
}

test('a job over two nodes gets whole nodes at one switch where the settings say so, and no more than there are', async () => {
  await using testbed = await openTestbed({ nodes: 3 });
  const alice = new Researcher(testbed);
  await addSwitches(testbed);
  const login = async (...argv: string[]) => (await testbed.exec('login', argv)).stdout.trim();
  const job = async (name: string) => login('scontrol', '-o', 'show', 'job', (await alice.instance(name)).jobId);

  await login('sbatch', '--nodelist=node3', '--exclusive', '--output=/dev/null', '--wrap', 'sleep 600');
  await alice.deploy('anywhere', ...overTwo, '--set', 'slurm.mem=1G');
  expect(await job('anywhere')).toMatch(/ NodeList=node\[1-2\] .* OverSubscribe=OK /);
  await alice.fairlead('stop', 'anywhere', '--now');
  await expect.poll(() => login('squeue', '-h', '-o', '%N'), { timeout: 30_000 }).toBe('node3');

  const placed = ['--set', 'slurm.exclusive=true', '--set', 'slurm.switches={count: 1, maxWait: "04:00"}'];
  const waiting = alice.start('deploy', 'demo', '--name', 'near', ...overTwo, ...placed);
  await waiting.line((line) => line.includes('"deployment.submitted"'));
  await expect.poll(() => login('squeue', '-h', '-t', 'PD', '-o', '%r'), { timeout: 30_000 }).toBe('Resources');
  await login('scancel', '--state=RUNNING', '--user=alice');
  expect(await waiting.ended).toBe(0);
  const near = await job('near');
  for (const words of [' NodeList=node[1,3] ', ' NumCPUs=16 ', ' OverSubscribe=NO ', ' Switches=1@00:04:00 '])
    expect(near).toContain(words);
  await alice.fairlead('stop', 'near', '--now');

  const refused = async (...args: string[]) => {
    const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'refused', ...args);
    expect(code).not.toBe(0);
    return JSON.stringify(last['error']);
  };
  expect(await refused('--nodes', '4')).toContain('partition gpu has 3 nodes: got 4');
  await asRoot(testbed, 'ctl', 'scontrol update partitionname=gpu maxnodes=2');
  expect(await refused('--nodes', '3')).toContain('partition gpu gives at most 2 nodes to one job: got 3');
  expect(await refused('--set', 'slurm.extra=["#SBATCH hetjob"]')).toContain('does not deploy heterogeneous jobs');
  expect(await refused('--set', 'slurm.switches={count: 0}')).toContain('slurm.switches.count');
}, 240_000);
