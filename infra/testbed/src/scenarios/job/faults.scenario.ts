// Faults of a running cluster, and what the researcher sees of them.

import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { isToken, Researcher } from '../researcher.ts';

const timeoutMs = 180_000;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed();
  alice = new Researcher(testbed);
});
afterAll(() => testbed[Symbol.asyncDispose]());

beforeEach(() => {
  onTestFailed(async () => {
    const { stdout } = await testbed.exec('bastion', ['tail', '-n', '40', '.local/share/fairlead/control.log']);
    process.stderr.write(`control says:\n${stdout}`);
  });
});

const asRoot = (host: string, ...argv: string[]) => testbed.exec(host, argv, { user: 'root' });
const sockets = async () =>
  (await testbed.exec('bastion', ['ls', '/tmp/fairlead-20001'])).stdout
    .split('\n')
    .filter((name) => /-\d+\.(sock|ctl)$/.test(name));

test(
  'job cancelled',
  async () => {
    const { jobId } = await alice.deploy('cancelled');
    const connected = await alice.connect('cancelled');
    await testbed.exec('login', ['scancel', jobId]);
    // `connect` says so, and reconnects.
    await connected.running.line((line) => line.includes('"connection.ended"'));
    expect(await connected.running.ended).toBe(0);
    const ended = await alice.until(
      'cancelled',
      ({ state }) => state.status === 'stopped' || state.status === 'failed',
    );
    expect(ended.state).toMatchObject({ status: 'stopped', cause: { code: 'cancelled' } });
    expect((await alice.fairlead('connect', 'cancelled')).last).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('cancelled') },
    });
    expect(ended.endpoint).toBeUndefined();
    await expect.poll(sockets, { timeout: 30_000 }).toEqual([]);
    await expect.poll(async () => (await asRoot('node1', 'pgrep', '-u', 'alice')).stdout, { timeout: 20_000 }).toBe('');
  },
  timeoutMs,
);

test(
  'job cancelled while it is queued, and a deploy follows it',
  async () => {
    // Both nodes are full: the job waits.
    await testbed.exec('login', ['sbatch', '--exclusive', '-N2', '--wrap', 'sleep 600']);
    const deploying = alice.start('deploy', 'demo', '--name', 'queued', '--set', 'slurm.extra=["--exclusive"]');
    await deploying.line((line) => line.includes('"status":"queued"'));
    await testbed.exec('login', ['scancel', '--state=PENDING', '-u', 'alice']);
    expect(await deploying.ended).toBe(1);
    expect(JSON.parse(deploying.lines.at(-1) ?? '')).toMatchObject({
      ok: false,
      error: { code: 'deploy_failed', message: expect.stringContaining('CANCELLED') },
    });
    expect((await alice.instance('queued')).state).toMatchObject({ status: 'stopped', cause: { code: 'cancelled' } });
    await testbed.exec('login', ['scancel', '-u', 'alice']);
  },
  timeoutMs,
);

test(
  'time limit drains a running stream to its end',
  async () => {
    await alice.deploy('limited', '--time', '2');
    const connected = await alice.connect('limited');
    // Two minutes: the drain begins half a minute before the end and gives requests all but the last eleven seconds of it.
    const { deadlineMs = 0 } = await alice.instance('limited');
    const tokens = Math.floor((deadlineMs - 19_000 - Date.now()) / 200);
    const stream = connected.stream({ tokens, decodeMs: 200 });
    await stream.line(isToken);
    await alice.until('limited', ({ state }) => state.status === 'draining', 120_000);
    const refused = await connected.ask();
    expect(refused.status).toBe(503);
    expect(refused.head).toMatch(/retry-after: \d+/i);
    expect(await stream.ended).toBe(0);
    expect(stream.lines.filter((line) => line !== '').at(-1)).toBe('data: [DONE]');
    expect(stream.lines.filter(isToken).length).toBe(tokens);
    const ended = await alice.until('limited', ({ state }) => state.status === 'stopped');
    expect(ended.state.cause?.code).toBe('deadline');
    await connected.running.ended;
  },
  timeoutMs,
);

test(
  'agent killed',
  async () => {
    await alice.deploy('orphan');
    await asRoot('node1', 'pkill', '-9', '-f', 'agent.mjs');
    const lost = await alice.until('orphan', ({ state }) => state.status === 'failed');
    // The lease ends first; the next status adds what the queue says about the job.
    expect(JSON.stringify((await alice.fairlead('events', 'orphan')).lines)).toContain('agent_lost');
    expect(lost.state.cause?.code).toMatch(/^(agent_lost|job_ended)$/);
    expect(lost.endpoint).toBeUndefined();
    await expect
      .poll(async () => (await asRoot('node1', 'pgrep', '-u', 'alice', '-a')).stdout, { timeout: 20_000 })
      .toBe('');
    // The name can be used again.
    await alice.deploy('orphan');
    await alice.fairlead('stop', 'orphan');
  },
  timeoutMs,
);

test(
  'engine killed',
  async () => {
    await alice.deploy('killed');
    const connected = await alice.connect('killed');
    const stream = connected.stream({ tokens: 500, decodeMs: 100 });
    await stream.line(isToken);
    await asRoot('node1', 'pkill', '-9', '-f', 'engine-sim.mjs');
    // curl's exit codes 18, 52 and 56 mean a stream that was cut.
    expect(await stream.ended).toBeGreaterThan(0);
    expect(stream.lines).not.toContain('data: [DONE]');
    await alice.until('killed', ({ state }) => state.status === 'ready');
    expect((await connected.ask()).status).toBe(200);
    expect((await alice.instance('killed')).endpoint?.generation).toBe(1);
    await alice.fairlead('stop', 'killed');
    await connected.running.ended;
  },
  timeoutMs,
);

test(
  'engine hung',
  async () => {
    await alice.deploy(
      'hung',
      '--set',
      'engines.sim.args=[--sim-admin]',
      '--set',
      'health={probeIntervalSeconds: 1, probeLimitSeconds: 2, probeFailures: 2}',
    );
    const before = (await asRoot('node1', 'pgrep', '-f', 'engine-sim.mjs')).stdout;
    const hang = `curl -s --unix-socket "$(find /tmp -type s -user alice -path '*/fl-*' | xargs ls -t | head -n 1)" http://engine/sim/fault -d '{"fault":"hang"}'`;
    expect((await asRoot('node1', 'sh', '-c', hang)).code).toBe(0);
    const degraded = await alice.until('hung', ({ state }) => state.status === 'degraded');
    expect(degraded.state.status).toBe('degraded');
    await alice.until('hung', ({ state }) => state.status === 'ready');
    expect((await asRoot('node1', 'pgrep', '-f', 'engine-sim.mjs')).stdout).not.toBe(before);
    const connected = await alice.connect('hung');
    expect((await connected.ask()).status).toBe(200);
    await alice.fairlead('stop', 'hung');
    await connected.running.ended;
  },
  timeoutMs,
);

test(
  'control killed and back while a stream runs (the stream goes on)',
  async () => {
    await alice.deploy('steady');
    const connected = await alice.connect('steady');
    const stream = connected.stream({ tokens: 200, decodeMs: 50 });
    await stream.line(isToken);
    const control = await asRoot('bastion', 'pgrep', '-f', 'control.mjs serve');
    await asRoot('bastion', 'kill', '-9', control.stdout.trim());
    // The laptop's next connection runs the gate, and the gate starts control.
    expect(await alice.instance('steady')).toMatchObject({ state: { status: 'ready' } });
    expect((await asRoot('bastion', 'pgrep', '-f', 'control.mjs serve')).stdout).not.toBe(control.stdout);
    expect(await stream.ended).toBe(0);
    expect(stream.lines.filter(isToken).length).toBe(200);
    // Longer than a lease after its return: no instance was marked dead.
    await alice.until('steady', ({ endpoint }) => endpoint?.generation === 1);
    expect((await connected.ask()).status).toBe(200);
    await alice.fairlead('stop', 'steady');
    await connected.running.ended;
  },
  timeoutMs,
);

test(
  'tunnel cut and healed: the next generation is found, and connect follows by itself',
  async () => {
    await alice.deploy('cut');
    const connected = await alice.connect('cut');
    const cutAtMs = Date.now();
    await testbed.cut('node1');
    await connected.running.line((line) => line.includes('"endpoint.down"'));
    // The lease, with a margin for a busy machine.
    expect(Date.now() - cutAtMs).toBeLessThan(25_000);
    await testbed.heal('node1');
    const healedAtMs = Date.now();
    await connected.running.line((line) => line.includes('"endpoint.up"'));
    // The rest of an attempt, the wait after it, the login; with a margin for a busy machine.
    expect(Date.now() - healedAtMs).toBeLessThan(30_000);
    expect((await connected.ask()).status).toBe(200);
    expect((await alice.instance('cut')).endpoint?.generation).toBeGreaterThan(1);
    await alice.fairlead('stop', 'cut');
    await connected.running.ended;
    await expect.poll(sockets, { timeout: 30_000 }).toEqual([]);
  },
  timeoutMs,
);
