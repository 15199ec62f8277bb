// What Slurm does to a job that goes on after it: suspension, a node that drains.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { asRoot } from '../break-site.ts';
import { Researcher } from '../researcher.ts';

const timeoutMs = 240_000;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed();
  alice = new Researcher(testbed);
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

const ctl = (script: string) => asRoot(testbed, 'ctl', script);
const login = async (...argv: string[]) => (await testbed.exec('login', argv)).stdout.trim();
const audit = async (instance: string) => login('cat', `.local/share/fairlead/jobs/${instance}/audit.jsonl`);
const on = (node: string) => ['--set', `slurm.extra=${JSON.stringify([`#SBATCH --nodelist=${node}`])}`];

test(
  'a job that is suspended for more than a minute serves on when it is resumed, and its engine is not taken for hung',
  async () => {
    const { instance, jobId } = await alice.deploy('paused', ...on('node1'));
    await ctl(`scontrol suspend ${jobId}`);
    await expect.poll(() => login('squeue', '-h', '-j', jobId, '-o', '%T'), { timeout: 20_000 }).toBe('SUSPENDED');
    // Longer than every limit of the engine's health. Nothing tells its end.
    await ctl('sleep 65');
    await ctl(`scontrol resume ${jobId}`);
    await alice.until('paused', ({ state }) => state.status === 'ready', 60_000);
    const connected = await alice.connect('paused');
    expect((await connected.ask()).status).toBe(200);
    const told = await audit(instance);
    expect(told).not.toMatch(/engine\.hung|engine\.exited/);
    expect(told.match(/"engine\.started"/g)).toHaveLength(1);
    await alice.fairlead('stop', 'paused', '--now');
    await connected.running.ended;
  },
  timeoutMs,
);

test(
  'a node that drains keeps the job that it has, until that ends',
  async () => {
    await alice.deploy('kept', ...on('node2'));
    await ctl('scontrol update nodename=node2 state=drain reason=maintenance');
    const connected = await alice.connect('kept');
    const stream = connected.stream({ tokens: 10, decodeMs: 100 });
    expect(await stream.ended).toBe(0);
    expect(stream.lines).toContain('data: [DONE]');
    expect((await alice.instance('kept')).state).toMatchObject({ status: 'ready' });
    const { last } = await alice.fairlead('stop', 'kept');
    expect(last).toMatchObject({ event: 'deployment.stopped', ok: true });
    await connected.running.ended;
    await ctl('scontrol update nodename=node2 state=resume');
  },
  timeoutMs,
);
