// Slurm's own accounting: how its accounts, qualities of service and limits affect a deployment, what doctor finds of them
// beforehand, and what its records tell about a job that the queue has forgotten.

import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startSlurmdbd } from '../../slurm/accounting.ts';
import { openTestbed, type Testbed } from '../../index.ts';
import { findMissingHere } from '../../requirements.ts';
import { asRoot, configureSlurm, replaceProgram } from '../break-site.ts';
import { Researcher, seenIn } from '../researcher.ts';

const timeoutMs = 180_000;
/** Slurm looks for jobs past their limit twice a minute, gives them KillWait, and removes ended jobs once a minute. */
const forgetMs = 160_000;

let testbed: Testbed;
let alice: Researcher;

const set = (...values: string[]) => values.flatMap((value) => ['--set', value]);
const ctl = (script: string) => asRoot(testbed, 'ctl', script);
const login = async (...argv: string[]) => (await testbed.exec('login', argv)).stdout.trim();
const statusText = async (name: string) => (await testbed.exec('laptop', ['fairlead', 'status', name])).stdout;
const pend = (name: string, ...args: string[]) =>
  alice.fairlead('deploy', 'demo', '--engine', 'sim', '--name', name, '--time', '5', '--no-wait', ...args);

const stopDatabase = () => ctl('pkill -x slurmdbd || true; while pgrep -x slurmdbd >/dev/null; do sleep 0.05; done');

/** What control alone knows about the end of an instance. */
async function lostBy(name: string): Promise<string | undefined> {
  const { last } = await alice.fairlead('status', name, '--no-cluster');
  return seenIn(last['deployment']).state.cause?.code;
}

/** What doctor says about the account and the QOS, and the words of sbatch --test-only. */
async function doctor(...values: string[]) {
  const { lines } = await alice.fairlead('doctor', '--no-job', ...set(...values));
  return (id: string) => lines.find((line) => line['id'] === id);
}

const [missing] = findMissingHere({ accounting: true }).slice(findMissingHere().length);

const lacking = missing === undefined ? '' : `: ${missing.split('. ')[0]}`;

describe.skipIf(missing)(`a Slurm that keeps accounts${lacking}`, () => {
  beforeAll(async () => {
    testbed = await openTestbed({ accounting: true });
    alice = new Researcher(testbed);
    await configureSlurm(testbed, 'MinJobAge=2');
    // The first deployment uploads Node to the cluster, which is slow on a busy machine.
    await alice.fairlead('deploy', 'demo', '--name', 'first', '--set', 'slurm.partition=nowhere');
  }, timeoutMs);
  // A test that fails leaves no job to the next one: each waits for an empty queue or counts running jobs.
  afterEach(async () => void (await login('scancel', '-u', 'alice')));
  afterAll(() => testbed[Symbol.asyncDispose]());

  describe('doctor', () => {
    test(
      'lists the accounts and the QOS of the user with their limits and the default account',
      async () => {
        const check = await doctor('slurm.time=00:20:00');
        expect(check('slurm.account')).toMatchObject({
          status: 'ok',
          found: expect.stringMatching(/^none is set; yours: .*lab \(default\)/),
        });
        for (const name of ['nlp', 'spent', 'closed']) expect(check('slurm.account')?.['found']).toContain(name);
        expect(check('slurm.qos')?.['found']).toContain('one (1 job of yours at a time), tiny (up to 00:10:00)');
        expect(check('slurm.test-only')).toMatchObject({ status: 'ok' });
      },
      timeoutMs,
    );

    test(
      'finds an account that the partition does not take, though sbatch --test-only takes it',
      async () => {
        const check = await doctor('slurm.time=00:20:00', 'slurm.partition=members', 'slurm.account=nlp');
        expect(check('slurm.account')).toMatchObject({
          status: 'fail',
          found: expect.stringContaining('partition members takes only lab, not nlp'),
          todo: 'Set slurm.account to one of: lab.',
        });
        expect(check('slurm.test-only')).toMatchObject({ status: 'ok' });
      },
      timeoutMs,
    );

    test(
      'accepts an account in another case, as Slurm does, and finds a QOS that allows less time than requested',
      async () => {
        const values = ['slurm.partition=members', 'slurm.account=LAB', 'slurm.qos=tiny', 'slurm.time=00:20:00'];
        const check = await doctor(...values);
        expect(check('slurm.account')).toMatchObject({ status: 'ok' });
        expect(check('slurm.qos')).toMatchObject({
          status: 'fail',
          found: expect.stringContaining('jobs would ask for 00:20:00 (slurm.time), and tiny gives a job 00:10:00'),
        });
        expect(check('slurm.test-only')).toMatchObject({
          status: 'fail',
          found: expect.stringContaining('QOSMaxWallDurationPerJobLimit'),
        });
      },
      timeoutMs,
    );
  });

  test.each([
    [
      'of a QOS that gives less time',
      '20',
      ['slurm.qos=tiny'],
      'QOSMaxWallDurationPerJobLimit',
      /Waiting does not help/,
    ],
    ['of a closed account', '5', ['slurm.account=closed'], 'AssocGrpSubmitJobsLimit', /closed.*another account/],
    [
      'of an unknown account',
      '5',
      ['slurm.account=nowhere'],
      'Invalid account',
      /Set the account to one that sacctmgr/,
    ],
    ['of an unknown QOS', '5', ['slurm.qos=gold'], 'Invalid qos specification', /Set the QOS to one that sacctmgr/],
  ])(
    "a job %s is refused with Slurm's words and the cure, and leaves nothing behind",
    async (_what, time, values, words, cure) => {
      const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'r', '--time', time, ...set(...values));
      expect(code).toBe(1);
      expect(last['error']).toMatchObject({
        code: 'submit_refused',
        message: expect.stringContaining(words),
        hint: expect.stringMatching(cure),
      });
      expect(await login('squeue', '-h')).toBe('');
      expect((await alice.fairlead('list', '--all')).last['deployments']).toEqual([]);
    },
    timeoutMs,
  );

  test(
    'an account that the user has lost is refused, and doctor no longer lists it',
    async () => {
      await ctl('sacctmgr -i delete user alice account=nlp');
      const { last } = await alice.fairlead('deploy', 'demo', '--name', 'r', ...set('slurm.account=nlp'));
      expect(last['error']).toMatchObject({
        code: 'submit_refused',
        message: expect.stringContaining('Invalid account'),
      });
      const check = await doctor('slurm.account=nlp', 'slurm.time=00:20:00');
      expect(check('slurm.account')).toMatchObject({ status: 'fail', found: 'nlp is no account of yours on gpu' });
      expect(check('slurm.account')?.['todo']).toMatch(/^Set slurm.account to one of: (?!.*nlp).*lab/);
      await ctl('sacctmgr -i add user alice account=nlp qos=normal,tiny,one defaultqos=normal');
    },
    timeoutMs,
  );

  test(
    'a job of a child of the account that the partition takes waits, and status says that it will never start',
    async () => {
      await pend('below', ...set('slurm.partition=members', 'slurm.account=nlp'));
      const { jobId } = await alice.instance('below');
      const reason = "Job's account not permitted to use this partition (members allows lab not nlp)";
      await expect.poll(() => statusText('below'), { timeout: 30_000 }).toContain(reason);
      const text = await statusText('below');
      expect(text).toContain('It will never start as it is: stop it, and choose another partition, account or QOS');
      expect(text).not.toContain('starts about');
      // The database hears of it some seconds after the queue.
      await expect
        .poll(() => login('sacct', '-X', '-n', '-P', '--format=Reason', '-j', jobId), { timeout: 30_000 })
        .toMatch(/AccountNotAllowed|PartitionConfig/);
      expect((await alice.fairlead('stop', 'below')).code).toBe(0);
      expect(await login('squeue', '-h')).toBe('');
    },
    timeoutMs,
  );

  test(
    'a deployment serves with its account written in another case',
    async () => {
      const { jobId } = await alice.deploy(
        'case',
        '--time',
        '5',
        ...set('slurm.partition=members', 'slurm.account=LAB'),
      );
      expect(await login('squeue', '-h', '-j', jobId, '-o', '%a %P %T')).toBe('lab members RUNNING');
      expect((await alice.fairlead('stop', 'case', '--now')).code).toBe(0);
    },
    timeoutMs,
  );

  test(
    'with a QOS of one running job per user, status says that the second job waits, and it serves when the first one has ended',
    async () => {
      await alice.deploy('one', '--time', '5', ...set('slurm.qos=one'));
      const second = alice.start(
        'deploy',
        'demo',
        '--engine',
        'sim',
        '--name',
        'two',
        '--time',
        '5',
        ...set('slurm.qos=one'),
      );
      const said = JSON.parse(await second.line((line) => line.includes('QOSMaxJobsPerUserLimit'))) as object;
      expect(said).toMatchObject({
        state: {
          status: 'queued',
          reason: expect.stringMatching(/you use all you may at a time.*starts when jobs of yours end/),
        },
      });
      expect((await alice.fairlead('stop', 'one', '--now')).code).toBe(0);
      expect(await second.ended).toBe(0);
      expect((await alice.fairlead('stop', 'two', '--now')).code).toBe(0);
    },
    timeoutMs,
  );

  test(
    'an account that has used up its budget: deploy says that no ending job helps, and gives no start time',
    async () => {
      const deploying = alice.start('deploy', 'demo', '--name', 'broke', '--time', '5', ...set('slurm.account=spent'));
      const said = JSON.parse(await deploying.line((line) => line.includes('AssocGrpCPUMinutesLimit'))) as {
        state: object;
      };
      expect(said.state).toMatchObject({
        status: 'queued',
        reason: expect.stringMatching(/budget of minutes.*no end of a job gives it back.*another account/),
      });
      expect(said.state).not.toHaveProperty('estimatedStartMs');
      deploying.signal('SIGINT');
      expect(await deploying.ended).toBe(130);
      expect((await alice.fairlead('stop', 'broke')).code).toBe(0);
    },
    timeoutMs,
  );

  test(
    'its records show how jobs ended that the queue has forgotten: cancelled, out of time, on a failed node; without its database, status says once why no record shows it',
    async () => {
      const on = (node: string) =>
        set(`slurm.extra=${JSON.stringify([`#SBATCH --nodelist=${node}`])}`, 'slurm.omit=[signal]');
      await Promise.all([alice.deploy('late', ...on('node1')), alice.deploy('dark', ...on('node2'))]);
      await pend('taken', ...set('slurm.account=spent'));
      await pend('untold', ...set('slurm.account=spent'));
      const [late = '', dark = '', taken = '', untold = ''] = await Promise.all(
        ['late', 'dark', 'taken', 'untold'].map(async (name) => (await alice.instance(name)).jobId),
      );
      // No agent reports these ends.
      onTestFinished(() => testbed.heal('node1'));
      await testbed.cut('node1');
      await testbed.crash('node2');
      await ctl(`scontrol update jobid=${late} EndTime=now+1`);
      await login('scancel', taken, untold);
      const known = () => login('squeue', '-h', '-t', 'all', '-o', '%i');
      await expect.poll(known, { timeout: forgetMs, interval: 2_000 }).toBe('');
      // Control has marked the agents lost by then; an earlier status would have found the ends in the queue.
      for (const name of ['late', 'dark'])
        await expect.poll(() => lostBy(name), { timeout: 60_000 }).toBe('agent_lost');

      const cause = async (name: string) => (await alice.instance(name)).state.cause;
      expect(await cause('late')).toMatchObject({
        code: 'deadline',
        message: expect.stringContaining(`job ${late} ended: TIMEOUT`),
      });
      expect(await cause('dark')).toMatchObject({
        message: expect.stringContaining(`job ${dark} ended: NODE_FAIL`),
        hint: expect.stringContaining('exclude: <node>'),
      });
      expect(await cause('taken')).toMatchObject({
        code: 'cancelled',
        message: expect.stringContaining(`job ${taken} ended: CANCELLED by 20001`),
      });

      await stopDatabase();
      expect(await cause('untold')).toMatchObject({
        message: `job ${untold} is not known to the scheduler any more, and no record says how it ended: sacct: error: Problem talking to the database: Connection refused`,
      });
      // The instance has ended, so its records are not queried again.
      const asked = await replaceProgram(testbed, 'login', ['sacct', 'touch ~/sacct-ran; exec $REAL "$@"']);
      onTestFinished(() => asked[Symbol.asyncDispose]());
      expect(await statusText('untold')).toContain('no record says how it ended');
      expect(await login('sh', '-c', 'ls sacct-ran 2>/dev/null')).toBe('');
    },
    timeoutMs + 2 * forgetMs,
  );

  test(
    'without its database doctor says that it could not read the accounts, and a deployment still serves',
    async () => {
      await stopDatabase();
      const check = await doctor('slurm.time=00:20:00');
      for (const id of ['slurm.account', 'slurm.qos'])
        expect(check(id)).toMatchObject({
          status: 'warn',
          found: expect.stringMatching(/could not be read: sacctmgr: error: .*Connection refused/),
          todo: expect.stringContaining('Slurm takes jobs all the same'),
        });
      expect(check('slurm.test-only')).toMatchObject({ status: 'ok' });
      await alice.deploy('served', '--time', '5');
      expect((await alice.fairlead('stop', 'served', '--now')).code).toBe(0);
      await ctl(startSlurmdbd);
      await expect
        .poll(() => login('sacctmgr', '-n', '-P', 'show', 'cluster', 'format=cluster'), { timeout: 20_000 })
        .toBe('tb');
    },
    timeoutMs,
  );
});
