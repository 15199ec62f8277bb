// How Slurm makes a job wait and ends it, and what the researcher reads about it.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { asRoot, configureSlurm, replaceProgram } from '../break-site.ts';
import { Researcher } from '../researcher.ts';

const timeoutMs = 180_000;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed();
  alice = new Researcher(testbed);
  await configureSlurm(
    testbed,
    'PreemptType=preempt/partition_prio',
    'PreemptMode=CANCEL',
    'PartitionName=spare Nodes=ALL PriorityTier=1 PreemptMode=CANCEL State=UP',
    'PartitionName=graceful Nodes=ALL PriorityTier=1 PreemptMode=CANCEL GraceTime=15 State=UP',
    'PartitionName=urgent Nodes=ALL PriorityTier=100 PreemptMode=OFF State=UP',
  );
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

const ctl = (script: string) => asRoot(testbed, 'ctl', script);
const login = async (...argv: string[]) => (await testbed.exec('login', argv)).stdout.trim();
const on = (node: string, ...more: string[]) => [
  '--set',
  `slurm.extra=${JSON.stringify([`#SBATCH --nodelist=${node}`, ...more])}`,
];
const statusText = async (name: string) => (await testbed.exec('laptop', ['fairlead', 'status', name])).stdout;

describe('a job that waits', () => {
  test(
    'for ever is reported with its reason and the cure, by deploy and by status',
    async () => {
      // Longer than the partition allows: this Slurm accepts the job and never starts it.
      const deploying = alice.start(
        'deploy',
        'demo',
        '--name',
        'long',
        '--time',
        '10',
        '--set',
        'slurm.partition=short',
      );
      const said = await deploying.line((line) => line.includes('PartitionTimeLimit'));
      expect(JSON.parse(said)).toMatchObject({
        event: 'instance.changed',
        state: { status: 'queued', reason: expect.stringMatching(/above what the partition gives.*Ask for less time/) },
      });
      const text = await statusText('long');
      expect(text).toContain('the time limit is above what the partition gives (PartitionTimeLimit)');
      // An administrator who holds the job changes the reason; a command that follows the job prints that too.
      const { jobId } = await alice.instance('long');
      await login('scontrol', 'hold', jobId);
      expect(await statusText('long')).toContain('you hold it (JobHeldUser): Release it: scontrol release');
      await deploying.line((line) => line.includes('JobHeldUser'));
      deploying.signal('SIGINT');
      expect(await deploying.ended).toBe(130);
      expect((await alice.fairlead('stop', 'long')).code).toBe(0);
      expect(await login('squeue', '-h')).toBe('');
    },
    timeoutMs,
  );

  test(
    'for a missing node, for a quota, or for its turn is reported with that reason',
    async () => {
      await login('sbatch', '--exclusive', '--nodelist=node2', '--wrap', 'sleep 300');
      await alice.fairlead('deploy', 'demo', '--name', 'node', '--no-wait', ...on('node2', '#SBATCH --exclusive'));
      await expect
        .poll(() => statusText('node'), { timeout: 60_000 })
        .toMatch(/queued \(next in line, waiting for free resources \(Resources\)\)/);
      await ctl('scontrol update nodename=node2 state=drain reason=maintenance');
      await expect
        .poll(() => statusText('node'), { timeout: 20_000 })
        .toMatch(/nodes it needs are down, drained or reserved.*ReqNodeNotAvail.*sinfo -R/);
      // Limits of a QOS need accounting; these are the words of a Slurm with accounting.
      const quota = await replaceProgram(testbed, 'login', [
        'squeue',
        `$REAL "$@" | sed -E 's/ReqNodeNotAvail[^|]*/QOSMaxGRESPerUser/'`,
      ]);
      onTestFinished(() => quota[Symbol.asyncDispose]());
      expect(await statusText('node')).toMatch(
        /you use all you may at a time \(QOSMaxGRESPerUser.*Stop one, ask for less/,
      );
      await alice.fairlead('stop', 'node');
      await login('scancel', '-u', 'alice');
      await ctl('scontrol update nodename=node2 state=resume || true');
      // Until its last job is gone, Slurm refuses jobs that name this node.
      await expect
        .poll(() => login('sinfo', '-h', '-n', 'node2', '-p', 'gpu', '-o', '%T'), { timeout: 30_000 })
        .toBe('idle');
    },
    timeoutMs,
  );
});

test(
  "a job that Slurm ends is reported with Slurm's reason: preempted, out of time, a failed node",
  async () => {
    await Promise.all([
      alice.deploy('spare', '--set', 'slurm.partition=spare', ...on('node1')),
      alice.deploy('late', '--set', 'slurm.omit=[signal]', ...on('node2')),
      // Its agent finds no notice of Slurm in the job's log, and asks.
      alice.deploy('untold', '--set', 'slurm.omit=[signal]', ...on('node2', '#SBATCH --output=untold.log')),
    ]);
    const connected = await alice.connect('spare');
    const late = await alice.instance('late');
    const untold = await alice.instance('untold');
    const lateLog = () => login('sh', '-c', `cat .local/share/fairlead/jobs/${late.id}/job.log`);
    // No warning comes, and the agent expects a later end. Slurm checks limits every half minute.
    await ctl(`scontrol update jobid=${late.jobId} EndTime=now+1; scontrol update jobid=${untold.jobId} EndTime=now+1`);
    await login('sbatch', '-p', 'urgent', '-w', 'node1', '--exclusive', '--wrap', 'sleep 5');
    await connected.running.line((line) => line.includes('"connection.ended"'));
    expect((await alice.instance('spare')).state).toMatchObject({
      status: 'stopped',
      cause: { code: 'preempted', message: expect.stringContaining('Slurm preempted the job') },
    });
    expect(await statusText('spare')).toMatch(/^hint +Deploy again; a partition or QOS that is not preempted/m);

    const failing = await alice.deploy('failing', ...on('node2'));
    for (const name of ['late', 'untold']) {
      await alice.until(name, ({ state }) => state.status === 'stopped', 60_000);
      expect((await alice.instance(name)).state, await lateLog()).toMatchObject({
        cause: { code: 'deadline', message: 'the job reached its time limit', hint: expect.stringContaining('--time') },
      });
    }
    await ctl('scontrol update nodename=node2 state=down reason=broken');
    const failed = await alice.until('failing', ({ state }) => state.status === 'stopped');
    expect(failed.state.cause?.message).toBe('Slurm ended the job because a node failed');
    expect(failed.jobId).toBe(failing.jobId);
    await ctl('sleep 1; scontrol update nodename=node2 state=resume || true');
    await expect.poll(() => login('squeue', '-h'), { timeout: 30_000 }).toBe('');
  },
  timeoutMs,
);

test(
  'a job that is preempted with grace completes what is in flight, and the reason of its end is the preemption',
  async () => {
    const { instance } = await alice.deploy('grace', '--set', 'slurm.partition=graceful', ...on('node1'));
    const connected = await alice.connect('grace');
    const stream = connected.stream({ tokens: 60, decodeMs: 100 });
    await stream.line((line) => line.startsWith('data:'));
    await login('sbatch', '-p', 'urgent', '-w', 'node1', '--exclusive', '--wrap', 'sleep 1');
    await stream.ended;
    expect(stream.lines).toContain('data: [DONE]');
    await connected.running.line((line) => line.includes('"connection.ended"'));
    const jobDir = `.local/share/fairlead/jobs/${instance}`;
    const told = await login('sh', '-c', `cat ${jobDir}/audit.jsonl ${jobDir}/job.log`);
    expect((await alice.instance('grace')).state, told).toMatchObject({
      status: 'stopped',
      cause: { code: 'preempted', message: expect.stringContaining('Slurm preempted the job') },
    });
    await expect.poll(() => login('squeue', '-h'), { timeout: 30_000 }).toBe('');
  },
  timeoutMs,
);

test(
  'a job that is preempted with its own signal (send_user_signal) has until the end of the grace time, and the preemption as its reason',
  async () => {
    await configureSlurm(testbed, 'SlurmctldParameters=preempt_send_user_signal');
    const { instance } = await alice.deploy('warned', '--set', 'slurm.partition=graceful', ...on('node1'));
    const connected = await alice.connect('warned');
    const stream = connected.stream({ tokens: 60, decodeMs: 100 });
    await stream.line((line) => line.startsWith('data:'));
    await login('sbatch', '-p', 'urgent', '-w', 'node1', '--exclusive', '--wrap', 'sleep 1');
    await stream.ended;
    expect(stream.lines).toContain('data: [DONE]');
    await connected.running.line((line) => line.includes('"connection.ended"'));
    const told = await login('cat', `.local/share/fairlead/jobs/${instance}/audit.jsonl`);
    expect((await alice.instance('warned')).state, told).toMatchObject({
      status: 'stopped',
      cause: { code: 'preempted', message: expect.stringContaining('Slurm preempted the job') },
    });
    await expect.poll(() => login('squeue', '-h'), { timeout: 30_000 }).toBe('');
  },
  timeoutMs,
);

test(
  'a requeued job serves again as the next start, and the copy that its node kept running is fenced',
  async () => {
    const first = await alice.deploy('again', '--set', 'slurm.extra=["#SBATCH --requeue"]');
    const before = await alice.instance('again');
    const node = before.hostname ?? '';
    // A node that Slurm has marked down, but which runs on: its slurmd gets no orders.
    await asRoot(testbed, node, 'pkill -STOP -x slurmd');
    await ctl(`scontrol update nodename=${node} state=down reason=lost`);
    const after = await alice.until(
      'again',
      ({ state, hostname }) => state.status === 'ready' && hostname !== node,
      90_000,
    );
    expect(after).toMatchObject({ id: first.instance, jobId: first.jobId, restart: 1 });
    expect(after.endpoint?.generation).toBeGreaterThan((before.endpoint?.generation ?? 0) + 100);
    // Control tells the older copy that it is fenced, and the copy exits.
    const agents = () => testbed.exec(node, ['pgrep', '-f', 'agent.mjs'], { user: 'root' });
    await expect.poll(async () => (await agents()).stdout, { timeout: 20_000 }).toBe('');
    const audit = await login('sh', '-c', `cat .local/share/fairlead/jobs/${first.instance}/audit.jsonl`);
    expect(audit).toContain('has taken over');
    const connected = await alice.connect('again');
    expect((await connected.ask()).status).toBe(200);
    await alice.fairlead('stop', 'again', '--now');
    await connected.running.ended;
    await asRoot(testbed, node, 'pkill -CONT -x slurmd');
    await ctl(`scontrol update nodename=${node} state=resume || true`);
  },
  timeoutMs,
);

test(
  'out of memory: the engine error has the cure; for a killed agent, the queue explains the end',
  async () => {
    const eats = 'engines.sim.command=[sh, -c, "tail /dev/zero"]';
    const small = ['--set', 'slurm.mem=300M'];
    const once = ['--set', eats, '--set', 'health={crashLimit: 1}'];
    const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'greedy', ...small, ...once);
    expect(code).toBe(1);
    expect(last['error']).toMatchObject({
      code: 'deploy_failed',
      message: expect.stringMatching(/used more memory than it asked for, and the kernel killed .*exit code 137/),
      hint: expect.stringContaining('slurm.mem'),
    });

    const eaten = 'prologue=["(until [ -e ~/eat ]; do sleep 0.2; done; tail /dev/zero; touch ~/eaten) &"]';
    await alice.deploy('eaten', ...small, '--set', eaten);
    const { hostname = '', jobId } = await alice.instance('eaten');
    await login('touch', 'eat');
    await expect.poll(() => login('ls', 'eaten'), { timeout: 20_000, interval: 200 }).toBe('eaten');
    // The kernel has killed another process of the job; next time it kills the agent.
    await testbed.exec(hostname, ['pkill', '-9', '-f', 'agent.mjs'], { user: 'root' });
    const lost = await alice.until('eaten', ({ state }) => state.status === 'failed');
    expect(lost.state.cause).toMatchObject({
      message: expect.stringContaining(`job ${jobId} ended: OUT_OF_MEMORY`),
      hint: expect.stringContaining('slurm.mem'),
    });
    await login('rm', 'eat', 'eaten');
  },
  timeoutMs,
);
