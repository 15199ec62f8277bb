// The main job on a real Slurm behind a real firewall, from the first command to the end of the last process.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { listenOnHost, tryConnect } from '../probe.ts';
import { isToken, Researcher } from '../researcher.ts';

const timeoutMs = 120_000;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed();
  alice = new Researcher(testbed);
});
afterAll(() => testbed[Symbol.asyncDispose]());

/** Processes of alice's on a host, by their command lines. */
async function processes(host: string): Promise<string[]> {
  const { stdout } = await testbed.exec(host, ['pgrep', '-u', 'alice', '-a'], { user: 'root' });
  return stdout.split('\n').filter((line) => line !== '' && !/ sshd: /.test(line));
}

test(
  'first token from outside the firewall',
  async () => {
    const deployed = await alice.fairlead('deploy', 'demo', '--engine', 'sim', '--name', 'a');
    expect(deployed.stderr).toBe('');
    expect(deployed.last).toMatchObject({ event: 'deployment.ready', ok: true, name: 'a', servedModel: 'demo' });

    await listenOnHost(testbed, 'node1', 8000);
    expect(await tryConnect(testbed, 'login', 'node1:8000')).toBe('connected');
    expect(await tryConnect(testbed, 'laptop', 'node1:8000')).toBe('dropped');
    expect(await tryConnect(testbed, 'bastion', 'node1:8000')).toBe('dropped');

    const connected = await alice.connect('a');
    const stream = connected.stream({ tokens: 20, decodeMs: 5 });
    expect(await stream.ended).toBe(0);
    expect(stream.lines.filter(isToken).length).toBeGreaterThan(5);
    expect(stream.lines.filter((line) => line !== '').at(-1)).toBe('data: [DONE]');

    const logs = await testbed.exec('laptop', ['fairlead', 'logs', 'a']);
    expect(logs.stdout).toContain('POST /v1/chat/completions');
    for (const source of ['agent', 'job']) {
      expect((await testbed.exec('laptop', ['fairlead', 'logs', 'a', '--source', source])).stdout).toContain(
        'runs job',
      );
    }
    expect(await alice.instance('a')).toMatchObject({
      state: { status: 'ready' },
      hostname: 'node1',
      endpoint: { generation: 1 },
    });
    const listed = await testbed.exec('laptop', ['fairlead', 'list']);
    expect(listed.stdout).toMatch(/^a +ready +demo +tb +\d+ /m);

    const stopped = await alice.fairlead('stop', 'a');
    expect(stopped.last).toMatchObject({
      event: 'deployment.stopped',
      ok: true,
      instances: [{ state: { status: 'stopped', cause: { code: 'requested' } } }],
    });
    expect(await connected.running.ended).toBe(0);

    expect((await testbed.exec('login', ['squeue', '-h'])).stdout).toBe('');
    expect(await processes('node1')).toEqual([expect.stringContaining('perl')]);
    expect(await processes('login')).toEqual([]);
    expect(await processes('bastion')).toEqual([expect.stringContaining('control.mjs serve')]);
    expect((await testbed.exec('bastion', ['ls', '/tmp/fairlead-20001'])).stdout).not.toMatch(/-\d+\.(sock|ctl)/);
    expect((await testbed.exec('bastion', ['cat', '.ssh/authorized_keys'])).stdout).not.toContain('fairlead');
    expect((await testbed.exec('login', ['sh', '-c', 'ls .local/share/fairlead/keys'])).stdout).toBe('');
  },
  timeoutMs,
);

test(
  'Ctrl-C while a deploy follows leaves the job running and says how to come back',
  async () => {
    const deploying = alice.start(
      'deploy',
      'demo',
      '--name',
      'c',
      '--set',
      'engines.sim.args=[--sim-start-ms, "600000"]',
    );
    await deploying.line((line) => line.includes('"status":"starting"'));
    deploying.signal('SIGINT');
    expect(await deploying.ended).toBe(130);
    expect(deploying.lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ event: 'deployment.left', name: 'c' }),
    );
    expect((await alice.instance('c')).state.status).toBe('starting');
    await alice.fairlead('stop', 'c', '--now');
    expect((await testbed.exec('login', ['squeue', '-h'])).stdout).toBe('');
  },
  timeoutMs,
);

test(
  "a request that Slurm refuses leaves nothing behind but Slurm's words",
  async () => {
    const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'r', '--set', 'slurm.partition=nowhere');
    expect(code).toBe(1);
    expect(last).toMatchObject({
      ok: false,
      error: { code: 'submit_refused', message: expect.stringContaining('invalid partition') },
    });
    const { last: listed } = await alice.fairlead('list', '--all');
    expect((listed['deployments'] as Array<{ name: string }>).map(({ name }) => name)).not.toContain('r');
    expect((await testbed.exec('login', ['sh', '-c', 'ls .local/share/fairlead/test-only'])).stdout).toBe('');
  },
  timeoutMs,
);

test(
  'the main job where the bastion is the login node, with another name inside than outside',
  async () => {
    await using other = await openTestbed({ profile: 'login-is-bastion' });
    const researcher = new Researcher(other);
    await researcher.deploy('b');
    const connected = await researcher.connect('b');
    expect((await connected.ask()).status).toBe(200);
    expect((await researcher.fairlead('stop', 'b')).code).toBe(0);
    await connected.running.ended;
    expect((await other.exec('login', ['squeue', '-h'])).stdout).toBe('');
  },
  timeoutMs,
);
