// Two nodes under a Slurm that follows processes by their groups, or by their parents: a plain scancel then reaches agents and engines
// in another way than with cgroups, and what left its group survives the job unless the agents end it.

import { expect, test } from 'vitest';
import { openTestbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';
import { agentPattern, filesLeft, overTwo, processesLeft, signalOn } from './node-steps.ts';

test.each(['pgid', 'linuxproc'] as const)(
  'with ProctrackType %s a plain scancel, and an agent that is killed, leave nothing on either node',
  async (tracking) => {
    await using testbed = await openTestbed({ nodes: 2, tracking });
    const alice = new Researcher(testbed);
    const { jobId } = await alice.deploy('cancelled', ...overTwo);
    await testbed.exec('login', ['scancel', jobId]);
    const cancelled = await alice.until('cancelled', ({ state: { status } }) => status === 'stopped');
    expect(cancelled.state.cause?.code).toBe('cancelled');
    await expect.poll(() => processesLeft(testbed), { timeout: 20_000 }).toEqual([]);
    expect(await filesLeft(testbed)).toEqual([]);

    await alice.deploy('killed', ...overTwo);
    await signalOn(testbed, 'node2', ['KILL', agentPattern]);
    const killed = await alice.until('killed', ({ state: { status } }) => status === 'failed');
    expect(killed.state.cause).toMatchObject({ code: 'node_lost', message: expect.stringContaining('node2') });
    await expect.poll(() => processesLeft(testbed), { timeout: 20_000 }).toEqual([]);
    // What would have removed the directory of the killed agent may have been killed with it: the next agent there does.
    await alice.deploy('after', ...overTwo);
    await alice.fairlead('stop', 'after', '--now');
    await expect.poll(() => filesLeft(testbed), { timeout: 20_000 }).toEqual([]);
  },
  240_000,
);
