// A bastion that forbids forwarding, ends processes at logout or restarts, and a cluster with another time: what the researcher sees.

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { reloadSshd } from '../reload-sshd.ts';
import { asRoot, replaceProgram } from '../break-site.ts';
import { type InstanceSeen, Researcher } from '../researcher.ts';

const timeoutMs = 120_000;
const says = (event: string) => (line: string) => line.startsWith(`{"event":"${event}"`);

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

const bastion = (script: string) => asRoot(testbed, 'bastion', script);
const forwarding = (value: string) =>
  bastion(
    `sed -i 's/^AllowStreamLocalForwarding .*/AllowStreamLocalForwarding ${value}/' /etc/ssh/sshd_config; ${reloadSshd}`,
  );
const controlPid = async () =>
  (await testbed.exec('bastion', ['pgrep', '-f', 'control.mjs serve'], { user: 'root' })).stdout.trim();

test(
  'forwarding of sockets forbidden: the first command says so, and names the setting that the operator must allow',
  async () => {
    await forwarding('no');
    const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'forbidden');
    expect(code).toBe(1);
    expect(last['error']).toMatchObject({
      message: expect.stringContaining('cannot talk to control on bastion'),
      hint: expect.stringContaining('AllowStreamLocalForwarding and DisableForwarding in sshd_config'),
    });
    // The laptop may forward, jobs may not: only the job fails.
    await forwarding('local');
    const reverse = await alice.fairlead('deploy', 'demo', '--name', 'forbidden');
    expect(reverse.code).toBe(1);
    expect(reverse.last['error']).toMatchObject({
      code: 'deploy_failed',
      message: expect.stringMatching(/the server forbids socket forwarding.*AllowStreamLocalForwarding yes/s),
    });
    await forwarding('yes');
    expect((await testbed.exec('login', ['squeue', '-h'])).stdout).toBe('');
    await alice.deploy('forbidden');
    await alice.fairlead('stop', 'forbidden', '--now');
  },
  timeoutMs,
);

test(
  'processes ended at logout: the next command finds control again, with all its records',
  async () => {
    // Reads the processes before the logins: processes of a login that begins in between are not in the list.
    const reap = `while sleep 0.1; do left=$(pgrep -u alice) || continue; pgrep -f '^sshd: alice' >/dev/null || kill -9 $left; done`;
    const reaper = testbed.spawn('bastion', ['sh', '-c', reap], { user: 'root' });
    onTestFinished(() => void process.kill(-(reaper.pid ?? 0), 'SIGKILL'));
    await alice.deploy('reaped');
    await alice.fairlead('stop', 'reaped', '--now');
    await expect.poll(controlPid, { timeout: 20_000 }).toBe('');
    const listed = await alice.fairlead('list', '--all');
    expect(listed.last).not.toHaveProperty('error');
    expect(listed.last['deployments']).toContainEqual(
      expect.objectContaining({
        name: 'reaped',
        instances: [expect.objectContaining({ state: expect.objectContaining({ status: 'stopped' }) })],
      }),
    );
    await expect.poll(controlPid, { timeout: 20_000 }).toBe('');
    // The agent's own login keeps control running while a deployment serves.
    await alice.deploy('kept');
    const kept = await controlPid();
    expect((await alice.instance('kept')).state.status).toBe('ready');
    expect(await controlPid()).toBe(kept);
    await alice.fairlead('stop', 'kept', '--now');
  },
  timeoutMs,
);

test(
  'rebooted: control comes back with its records, the agent with its next generation, and connect goes on',
  async () => {
    const { instance } = await alice.deploy('rebooted');
    const connected = await alice.connect('rebooted');
    const bootId = await bastion('cat /proc/sys/kernel/random/boot_id');
    await testbed.crash('bastion');
    await connected.running.line(says('control.lost'));
    await testbed.boot('bastion');
    const bootedAtMs = Date.now();
    expect(await bastion('cat /proc/sys/kernel/random/boot_id')).not.toBe(bootId);
    await connected.running.line(says('endpoint.up'));
    expect((await connected.ask()).status).toBe(200);
    expect(Date.now() - bootedAtMs).toBeLessThan(60_000);
    const seen = await alice.instance('rebooted');
    expect(seen).toMatchObject({ id: instance, state: { status: 'ready' } });
    expect(seen.endpoint?.generation).toBeGreaterThan(1);
    await alice.fairlead('stop', 'rebooted');
    expect(await connected.running.ended).toBe(0);
  },
  timeoutMs,
);

test(
  'a cluster whose clock is ten minutes ahead: it serves, its deadline is shown in real time, and status says why times differ',
  async () => {
    // What the agent can see: its own clock, and what Slurm's commands print on its node.
    const aheadMs = 600_000;
    const skew = `const Real = Date; const ahead = ${aheadMs};
globalThis.Date = class extends Real { constructor(...a) { a.length ? super(...a) : super(Real.now() + ahead); } static now() { return Real.now() + ahead; } };`;
    await testbed.exec('login', ['sh', '-c', 'cat > ahead.mjs'], { stdin: skew });
    const node = '/home/alice/.local/share/fairlead/runtime/node-*';
    if ((await testbed.exec('login', ['sh', '-c', `ls ${node}`])).code !== 0) {
      await alice.deploy('first');
      await alice.fairlead('stop', 'first', '--now');
    }
    const program = `#!/bin/sh\nexec ${node} --import /home/alice/ahead.mjs "$@"\n`;
    await testbed.exec('login', ['sh', '-c', 'cat > ahead-node; chmod 755 ahead-node'], { stdin: program });
    const squeue = await replaceProgram(testbed, 'node1', [
      'squeue',
      `$REAL "$@" | awk '/^[0-9]+$/ { $0 += ${aheadMs / 1000} } { print }'`,
    ]);
    onTestFinished(() => squeue[Symbol.asyncDispose]());
    const startedMs = Date.now();
    const later = `[ -z "$SLURM_JOB_END_TIME" ] || export SLURM_JOB_END_TIME=$((SLURM_JOB_END_TIME + ${aheadMs / 1000}))`;
    const skewed = ['--set', 'node=/home/alice/ahead-node', '--set', `prologue=${JSON.stringify([later])}`];
    await alice.deploy('ahead', '--time', '15', ...skewed);
    const connected = await alice.connect('ahead');
    expect((await connected.ask()).status).toBe(200);
    const limitMs = 15 * 60_000;
    const isRight = ({ deadlineMs = 0 }: InstanceSeen) => Math.abs(deadlineMs - (startedMs + limitMs)) < 60_000;
    await alice.until('ahead', isRight, 20_000);
    const { stdout } = await testbed.exec('laptop', ['fairlead', 'status', 'ahead']);
    expect(stdout).toMatch(/The clock of node1 is 6\d\d s ahead of the bastion's/);
    await alice.fairlead('stop', 'ahead', '--now');
    await connected.running.ended;
  },
  timeoutMs,
);
