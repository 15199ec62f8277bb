// Outages of hosts and connections, and what the researcher sees of them.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { isToken, Researcher } from '../researcher.ts';

const timeoutMs = 150_000;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed();
  alice = new Researcher(testbed);
});
afterEach(async () => {
  // So that a failed test leaves working hosts for the next ones.
  for (const host of ['laptop', 'node1']) await testbed.heal(host);
});
afterAll(() => testbed[Symbol.asyncDispose]());

const asRoot = (host: string, ...argv: string[]) => testbed.exec(host, argv, { user: 'root' });
const on = (node: string) => ['--set', `slurm.extra=["#SBATCH --nodelist=${node}"]`];
const says = (event: string) => (line: string) => line.startsWith(`{"event":"${event}"`);

async function filesOf(instance: string): Promise<string> {
  const { stdout } = await testbed.exec('bastion', ['find', '/tmp/fairlead-20001', '-name', `${instance}*`]);
  return stdout;
}

test(
  'connection reset: back within seconds as the next generation',
  async () => {
    await alice.deploy('reset');
    const connected = await alice.connect('reset');
    const stream = connected.stream({ tokens: 500, decodeMs: 50 });
    await stream.line(isToken);
    const killedAtMs = Date.now();
    // The laptop's own connection is lost with the others.
    await asRoot('bastion', 'pkill', '-9', '-u', 'alice', 'sshd');
    // While the path is down, the port says so at once.
    await expect.poll(async () => (await connected.ask()).status, { timeout: 30_000 }).toBe(200);
    expect(Date.now() - killedAtMs).toBeLessThan(30_000);
    expect((await alice.instance('reset')).endpoint?.generation).toBe(2);
    // What was running has gone on.
    expect(await stream.ended).toBe(0);
    expect(stream.lines.filter(isToken)).toHaveLength(500);
    await alice.fairlead('stop', 'reset');
    expect(await connected.running.ended).toBe(0);
  },
  timeoutMs,
);

test(
  'agent frozen and thawed: it comes back at the same socket',
  async () => {
    await alice.deploy('frozen');
    const connected = await alice.connect('frozen');
    await asRoot('node1', 'pkill', '-STOP', '-f', 'agent.mjs');
    // The socket of a frozen agent accepts connections and hangs: it must be removed.
    await connected.running.line(says('endpoint.down'));
    expect((await alice.instance('frozen')).endpoint).toBeUndefined();
    await asRoot('node1', 'pkill', '-CONT', '-f', 'agent.mjs');
    await connected.running.line(says('endpoint.up'));
    expect((await connected.ask()).status).toBe(200);
    await alice.fairlead('stop', 'frozen');
    await connected.running.ended;
  },
  timeoutMs,
);

test(
  'laptop cut off: connect says so once, and answers again on the same port',
  async () => {
    await alice.deploy('roaming');
    const connected = await alice.connect('roaming');
    await testbed.cut('laptop');
    await connected.running.line(says('control.lost'));
    await testbed.heal('laptop');
    await connected.running.line(says('control.back'));
    expect((await connected.ask()).status).toBe(200);
    expect(connected.running.lines.filter(says('control.lost')).length).toBe(1);
    await alice.fairlead('stop', 'roaming');
    await connected.running.ended;
  },
  timeoutMs,
);

test(
  'login node away: deployments go on, and the messages name the host',
  async () => {
    await alice.deploy('served');
    const connected = await alice.connect('served');
    await testbed.crash('login');
    expect((await connected.ask()).status).toBe(200);
    expect((await alice.instance('served')).state.status).toBe('ready');
    expect((await alice.fairlead('logs', 'served')).lines.length).toBeGreaterThan(1);
    const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'other');
    expect(code).toBe(4);
    expect(last).toMatchObject({ ok: false, error: { message: expect.stringContaining('alice@login') } });
    await testbed.boot('login');
    expect((await alice.fairlead('stop', 'served')).last).toMatchObject({ event: 'deployment.stopped', ok: true });
    await connected.running.ended;
  },
  timeoutMs,
);

test(
  'lost instance whose name was deployed again: it ends itself when it comes back',
  async () => {
    const first = await alice.deploy('again', ...on('node1'));
    const connected = await alice.connect('again');
    await testbed.cut('node1');
    await connected.running.line(says('endpoint.down'));
    const second = await alice.deploy('again', ...on('node2'));
    // Another instance has another key; the port says so.
    const up = JSON.parse(await connected.running.line(says('endpoint.up'))) as { apiKey: string };
    expect((await connected.ask()).status).toBe(401);
    expect((await connected.ask(up.apiKey)).status).toBe(200);
    await testbed.heal('node1');
    const queue = async () => (await testbed.exec('login', ['squeue', '-h', '-o', '%i'])).stdout;
    await expect.poll(queue, { timeout: 90_000, interval: 500 }).toBe(`${second.jobId}\n`);
    await expect.poll(async () => filesOf(first.instance), { timeout: 40_000 }).toBe('');
    expect(await alice.instance('again')).toMatchObject({ id: second.instance, state: { status: 'ready' } });
    await alice.fairlead('stop', 'again');
    await connected.running.ended;
  },
  timeoutMs,
);

test(
  'node without power: the agent is lost; a stop ends the job and the connection, and removes the sockets on the bastion',
  async () => {
    const { instance, jobId } = await alice.deploy('dark', ...on('node1'));
    const connected = await alice.connect('dark');
    await testbed.crash('node1');
    await connected.running.line(says('endpoint.down'));
    expect((await alice.instance('dark')).state).toMatchObject({ status: 'failed', cause: { code: 'agent_lost' } });
    expect((await alice.fairlead('stop', 'dark')).code).toBe(0);
    expect(await connected.running.ended).toBe(0);
    expect((await testbed.exec('login', ['squeue', '-h', '-o', '%i'])).stdout).not.toContain(jobId);
    await expect.poll(async () => filesOf(instance), { timeout: 20_000 }).toBe('');
  },
  timeoutMs,
);
