// What a researcher reads when Slurm refuses her job: Slurm's words and what to change; nothing is left behind.

import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { asRoot, configureSlurm, moveAway, replaceProgram } from '../break-site.ts';
import { Researcher } from '../researcher.ts';

const timeoutMs = 60_000;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed();
  alice = new Researcher(testbed);
  // Slurm refuses at once, as on most sites, instead of letting the job wait for ever.
  await configureSlurm(
    testbed,
    'EnforcePartLimits=ALL',
    'PartitionName=physics Nodes=ALL AllowAccounts=physics State=UP',
    'PartitionName=staff Nodes=ALL AllowGroups=root State=UP',
    'PartitionName=dark Nodes=ALL Hidden=YES MaxTime=1-00:00:00 State=UP',
  );
  // The first deployment uploads Node to the cluster, which is slow on a busy machine.
  await alice.fairlead('deploy', 'demo', '--name', 'first', '--set', 'slurm.partition=nowhere');
}, 240_000);
afterAll(() => testbed[Symbol.asyncDispose]());

/** Expects no job, and no file of the attempt. */
afterEach(async () => {
  expect((await testbed.exec('login', ['squeue', '-h'])).stdout).toBe('');
  expect((await testbed.exec('login', ['sh', '-c', 'ls .local/share/fairlead/test-only'])).stdout).toBe('');
});

async function sbatchSays(words: string, when = ':') {
  const replaced = await replaceProgram(testbed, 'login', [
    'sbatch',
    `if ${when}; then printf '%s\\n' ${words} >&2; exit 1; fi; exec $REAL "$@"`,
  ]);
  onTestFinished(() => replaced[Symbol.asyncDispose]());
}

const set = (...values: string[]) => values.flatMap((value) => ['--set', value]);

describe('a request that Slurm refuses', () => {
  test.each([
    [
      'its account',
      set('slurm.partition=physics', 'slurm.account=chemistry'),
      'Invalid account or account/partition combination specified',
      'sacctmgr',
    ],
    ['its partition', set('slurm.partition=nowhere'), 'invalid partition specified: nowhere', 'sinfo'],
    [
      'a partition for others',
      set('slurm.partition=staff'),
      "User's group not permitted to use this partition",
      'you may use',
    ],
    [
      'its GPU type',
      ['--gpus', '1', ...set('gpu.type=h100')],
      'Requested node configuration is not available',
      'compare GPUs',
    ],
    [
      'its time limit',
      ['--time', '2-00:00:00'],
      'Requested time limit is invalid (missing or exceeds some limit)',
      'sinfo -o "%P %l"',
    ],
  ])(
    "for %s is reported with Slurm's words and the cure",
    async (_what, args, words, cure) => {
      const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'r', ...args);
      expect(code).toBe(1);
      expect(last).toMatchObject({ ok: false, error: { code: 'submit_refused' } });
      expect(last['error']).toMatchObject({
        message: expect.stringContaining(words),
        hint: expect.stringContaining(cure),
      });
      const { last: listed } = await alice.fairlead('list', '--all');
      expect(listed['deployments']).toEqual([]);
    },
    timeoutMs,
  );

  // Without accounting Slurm refuses no QOS: these are the words of a Slurm with accounting.
  test(
    "for its QOS is reported with Slurm's words and the cure",
    async () => {
      await sbatchSays(`'sbatch: error: Batch job submission failed: Invalid qos specification'`);
      const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'r', '--set', 'slurm.qos=gold');
      expect(code).toBe(1);
      expect(last['error']).toMatchObject({
        code: 'submit_refused',
        message: expect.stringContaining('Invalid qos specification'),
        hint: expect.stringContaining('Set the QOS to one that sacctmgr'),
      });
    },
    timeoutMs,
  );

  test(
    'only at its submission ends the deployment with the cause, and its name is free again',
    async () => {
      const words = `'sbatch: error: QOSMaxSubmitJobPerUserLimit' 'sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user'"'"'s size and/or time limits)'`;
      await sbatchSays(words, `[ "$1" = --parsable ]`);
      const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'late');
      expect(code).toBe(1);
      expect(last['error']).toMatchObject({
        code: 'quota_exceeded',
        message: expect.stringContaining('Job violates accounting/QOS policy'),
        hint: expect.stringContaining('stop a job, ask for less'),
      });
      expect((await alice.instance('late')).state).toMatchObject({
        status: 'failed',
        cause: { message: expect.stringContaining('it was not submitted') },
      });
      // A spec, which holds secrets, is removed too.
      expect((await testbed.exec('login', ['ls', '.local/share/fairlead/jobs'])).stdout).toBe('');
    },
    timeoutMs,
  );
});

describe('a hidden partition', () => {
  test(
    'is known to doctor, although sinfo does not list it',
    async () => {
      expect((await testbed.exec('login', ['sinfo', '-h', '-o', '%P'])).stdout).not.toContain('dark');
      const { lines } = await alice.fairlead('doctor', '--no-job', ...set('slurm.partition=dark'));
      expect(lines.find((line) => line['id'] === 'slurm.partition')).toMatchObject({ status: 'ok' });
    },
    timeoutMs,
  );

  test(
    'hides no job: when the answer of sbatch is lost, the job is found, serves, and is stopped',
    async () => {
      const script = `case "$*" in *--parsable*) ;; *) exec $REAL "$@" ;; esac
echo run >> /tmp/sbatch-runs; $REAL "$@" >/dev/null
echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >&2; exit 1`;
      await using _replaced = await replaceProgram(testbed, 'login', ['sbatch', script]);
      const { jobId } = await alice.deploy('dark', ...set('slurm.partition=dark'));
      expect(await asRoot(testbed, 'login', 'cat /tmp/sbatch-runs; rm /tmp/sbatch-runs')).toBe('run\n');
      const listed = async (...all: string[]) =>
        (await testbed.exec('login', ['squeue', '-h', ...all, '-o', '%i %P'])).stdout.trim();
      expect(await listed()).toBe('');
      expect(await listed('-a')).toBe(`${jobId} dark`);
      expect((await alice.fairlead('stop', 'dark', '--now')).code).toBe(0);
      expect(await listed('-a')).toBe('');
    },
    timeoutMs,
  );
});

describe('the words of a site around sbatch', () => {
  const banner = `printf '%s\\n' '-----------------------------' '   Welcome to Machine3' '-----------------------------' '' 'No reservation for this job' '--> Verifying valid submit host (login1)...OK'`;

  test(
    "are not taken for the job's id: Fairlead finds the job in the queue by its name",
    async () => {
      const script = `case "$*" in *--parsable*) ;; *) exec $REAL "$@" ;; esac
${banner}; echo 4200; $REAL "$@"; echo 'Balance after job'; echo 77`;
      await using _replaced = await replaceProgram(testbed, 'login', ['sbatch', script]);
      const { jobId } = await alice.deploy('framed');
      expect((await testbed.exec('login', ['squeue', '-h', '-o', '%i'])).stdout.trim()).toBe(jobId);
      await alice.fairlead('stop', 'framed', '--now');
    },
    timeoutMs,
  );

  test(
    'are not taken for the refusal: the message has the line that refuses',
    async () => {
      const words = `${banner}; printf '%s\\n' '--> Verifying job request is within current queue limits...FAILED' '[*] Too many simultaneous jobs in queue.'; exit 1`;
      await using _replaced = await replaceProgram(testbed, 'login', ['sbatch', words]);
      const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'r');
      expect(code).toBe(1);
      expect(last['error']).toMatchObject({
        code: 'submit_refused',
        message: expect.stringMatching(/limits\.\.\.FAILED; \[\*\] Too many simultaneous jobs in queue\.$/),
        hint: expect.stringContaining('when jobs of yours end'),
      });
    },
    timeoutMs,
  );
});

describe('a login host', () => {
  test(
    'without sbatch is reported, and the directory of sbatch can be configured',
    async () => {
      const programs = ['sbatch', 'squeue', 'scancel', 'scontrol', 'sacct'];
      await using _away = await moveAway(testbed, 'login', { programs, to: '/opt/slurm/bin' });
      const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'r');
      expect(code).toBe(1);
      expect(last['error']).toMatchObject({
        message: expect.stringMatching(/sbatch.*not found/),
        hint: expect.stringContaining('slurm.binDir'),
      });
      const config = '.config/fairlead/config.yaml';
      const name = `sed -i 's#partition: gpu#partition: gpu, binDir: /opt/slurm/bin#' ${config}`;
      await testbed.exec('laptop', ['sh', '-c', name]);
      await alice.deploy('named');
      expect((await alice.fairlead('stop', 'named', '--now')).code).toBe(0);
      await testbed.exec('laptop', ['sed', '-i', 's#, binDir: /opt/slurm/bin##', config]);
    },
    timeoutMs,
  );

  test(
    'whose munge is down: deploy says that nothing was sent, and submits nothing',
    async () => {
      await asRoot(testbed, 'login', 'mv /run/munge/munge.socket.2 /run/munge/away');
      const back = () => asRoot(testbed, 'login', 'mv /run/munge/away /run/munge/munge.socket.2');
      const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'r').finally(back);
      expect(code).toBe(1);
      expect(JSON.stringify(last['error'])).toContain('munge');
      expect(JSON.stringify(last['error'])).toContain('Nothing left the login host');
    },
    timeoutMs,
  );

  test.each([
    [
      'loses its answer',
      `echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >&2; exit 1`,
    ],
    ['is cut off with the connection', `kill -9 "$(cat /tmp/the-login)"; exit 1`],
  ])(
    'whose sbatch %s: the job is found and not submitted twice',
    async (_what, then) => {
      // Slurm accepts the job; then the connection for the answer is lost.
      const script = `[ "$1" = --parsable ] || exec $REAL "$@"
echo run >> /tmp/sbatch-runs; pgrep -u alice -x sshd | head -n 1 > /tmp/the-login; $REAL "$@" >/dev/null
${then}`;
      const replaced = await replaceProgram(testbed, 'login', ['sbatch', script]);
      onTestFinished(() => replaced[Symbol.asyncDispose]());
      const { jobId } = await alice.deploy('lost');
      expect(await asRoot(testbed, 'login', 'cat /tmp/sbatch-runs; rm /tmp/sbatch-runs')).toBe('run\n');
      expect((await testbed.exec('login', ['squeue', '-h', '-o', '%i'])).stdout.trim()).toBe(jobId);
      await alice.fairlead('stop', 'lost', '--now');
    },
    timeoutMs,
  );
});
