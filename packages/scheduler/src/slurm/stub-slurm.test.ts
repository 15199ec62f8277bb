// A site's words around Slurm, end to end through its commands: stubs in a directory, run as child processes.

import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { createLocalRunner } from '../command-runner.ts';
import type { JobSubmission } from '../scheduler.ts';
import { createSlurmInventory } from './slurm-inventory.ts';
import { createSlurmScheduler, type SlurmSchedulerOptions } from './slurm-scheduler.ts';
import { openStubSlurm } from './stub-slurm.ts';

const job: JobSubmission = { name: 'fl-demo-1', scriptPath: '/nowhere/job.sh', workDir: '/nowhere' };
const banner = `cat <<'END'
-----------------------------------------------------------------
          Welcome to the Machine3 Supercomputer
-----------------------------------------------------------------

No reservation for this job
--> Verifying valid submit host (login1)...OK
--> Verifying valid jobname...OK
END
`;

async function open(scripts: Record<string, string>, options: Partial<SlurmSchedulerOptions> = {}) {
  const stub = await openStubSlurm(scripts);
  onTestFinished(() => stub[Symbol.asyncDispose]());
  const { binDir } = stub;
  return { stub, scheduler: createSlurmScheduler({ runner: createLocalRunner(), binDir, ...options }) };
}

describe('the id of a job', () => {
  test.each([
    ['a banner with a number in its name', `${banner}take 31; echo 31`],
    ['a balance after the number', 'take 31; echo 31; echo "Balance after job"; echo 4200'],
    ['job counts before the number', 'take 31; echo "You have so many jobs:"; echo 7; echo 31'],
    ['numbers on stderr', 'take 31; echo 4200 >&2; echo 31'],
    ["a wrapper that prints Slurm's sentence, whatever was asked for", 'echo "Submitted batch job 31"; echo 4200'],
    ['a wrapper that prints the number alone', 'echo 31'],
    [
      'a sentence with estimates behind it',
      'echo "Submitted batch job 31 estimates 2 SUs from allocation x. Estimated remaining SUs: 2306129"; echo " JOBID"; echo "127"',
    ],
  ])('is read where the site prints %s', async (_what, sbatch) => {
    const { stub, scheduler } = await open({ sbatch });
    expect(await scheduler.submit(job)).toEqual({ jobId: '31' });
    expect(await stub.calls('sbatch')).toHaveLength(1);
  });
});

describe('a refusal', () => {
  test.each([
    ['[*] Too many simultaneous jobs in queue.', 'quota_exceeded'],
    ['[*] Maximum allowed runtime for this queue is 48:00:00', 'time_limit_invalid'],
    ['ERROR: your allocation has expired', 'account_invalid'],
  ])('inside a banner is told by the line that refuses: %s', async (words, code) => {
    const check = '--> Verifying job request is within current queue limits...FAILED';
    const { scheduler } = await open({ sbatch: `${banner}printf '%s\\n' '${check}' '' '${words}'; exit 1` });
    const error = await scheduler.submit(job).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain(`${check}; ${words}`);
    expect((error as Error).message).not.toMatch(/Welcome|reservation|jobname/);
  });

  test('of a job without an account names the account that only the login shell sets', async () => {
    const sbatch = `for word; do case $word in --account=*) exit 0 ;; esac; done
[ -z "\${SBATCH_ACCOUNT-}" ] || exit 0
echo "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified" >&2; exit 1`;
    const local = createLocalRunner();
    const runner: typeof local = {
      run: (argv, options) => local.run(argv, { ...options, env: { SBATCH_ACCOUNT: 'chem-7' } }),
    };
    const { scheduler } = await open({ sbatch }, { runner });
    const hint = expect.stringContaining(
      'Your shell sets SBATCH_ACCOUNT=chem-7, which Fairlead does not use: set slurm.account',
    );
    await expect(scheduler.submit(job)).rejects.toMatchObject({ code: 'account_invalid', hint });
    expect(await scheduler.testOnly(job)).toMatchObject({ ok: false, hint });
  });
});

describe('a hidden partition', () => {
  const onlyShown = '[ "$shown" = all ] || exit 0; cat "$dir/jobs/queue" 2>/dev/null; exit 0';

  test('hides no job: an answer that was lost is found again, and nothing is submitted twice', async () => {
    const sbatch =
      'take 31; echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1';
    const { stub, scheduler } = await open({ sbatch, squeue: onlyShown });
    expect(await scheduler.submit(job)).toEqual({ jobId: '31' });
    expect(await stub.calls('sbatch')).toHaveLength(1);
    expect((await scheduler.observe(['31'])).get('31')?.phase).toEqual({ kind: 'pending' });
    expect(await scheduler.living('fl-demo-')).toMatchObject([{ jobId: '31' }]);
  });

  test('is listed with its nodes and its rules', async () => {
    const { stub } = await open({
      sinfo: '[ "$shown" = all ] && echo "dark|up|1:00:00|n/a|1|idle|8|32000|gpu:a100:4|(null)"',
      scontrol: '[ "$shown" = all ] && echo "PartitionName=dark AllowAccounts=ALL State=UP"',
    });
    const inventory = createSlurmInventory(createLocalRunner(), { binDir: stub.binDir });
    expect(await inventory.partitions()).toMatchObject([{ name: 'dark', gpus: [{ type: 'a100', perNode: 4 }] }]);
    expect(await inventory.partitionRules()).toEqual([{ name: 'dark', state: 'UP' }]);
  });
});

describe('a site of several clusters', () => {
  const guard = (then: string) => `case " $* " in
  *' --clusters=nautilus '* | *' -M nautilus '*) echo "CLUSTER: nautilus"; ${then} ;;
  *) echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1 ;;
esac`;

  test('is asked about the job in the cluster that took it', async () => {
    const { stub, scheduler } = await open(
      {
        sbatch: guard('take 31; echo "31;nautilus"'),
        squeue: guard('cat "$dir/jobs/queue" 2>/dev/null; exit 0'),
        scancel: guard('exit 0'),
      },
      { cluster: 'nautilus' },
    );
    expect(await scheduler.submit(job)).toEqual({ jobId: '31', cluster: 'nautilus' });
    expect((await scheduler.observe(['31'])).get('31')?.phase).toEqual({ kind: 'pending' });
    await scheduler.cancel('31', 'stop');
    expect(await stub.calls('scancel')).toEqual(['--clusters=nautilus 31']);
  });

  test('names the cluster of a job that a directive of the script sent elsewhere', async () => {
    const { scheduler } = await open({ sbatch: 'echo "Submitted batch job 31 on cluster nautilus"' });
    expect(await scheduler.submit(job)).toEqual({ jobId: '31', cluster: 'nautilus' });
  });

  test('keeps the accounts of each cluster apart, and asks for the version alone', async () => {
    const { stub } = await open({ sacctmgr: 'echo "chem||normal|"', sinfo: 'echo "slurm 22.05.8"' });
    const inventory = createSlurmInventory(createLocalRunner(), { binDir: stub.binDir, cluster: 'nautilus' });
    await inventory.associations('alice');
    expect((await stub.calls('sacctmgr'))[0]).toContain('cluster=nautilus');
    expect(await inventory.version()).toBe('22.05.8');
    expect(await stub.calls('sinfo')).toEqual(['--version']);
  });
});

describe('a queue that may be asked only so often', () => {
  const limited = `taken=$(wc -l <"$dir/calls-squeue")
if [ "$taken" -gt 1 ]; then echo "squeue: rate limited: one query per 120 s" >&2; exit 1; fi
cat "$dir/jobs/queue" 2>/dev/null; exit 0`;

  async function openShared(squeue: string, maxAgeSeconds = 120) {
    const stub = await openStubSlurm({ sbatch: 'take 31; echo 31', squeue });
    onTestFinished(() => stub[Symbol.asyncDispose]());
    const sharedQueue = { file: join(stub.binDir, 'shared dir', "it's"), maxAgeSeconds };
    const another = () => createSlurmScheduler({ runner: createLocalRunner(), binDir: stub.binDir, sharedQueue });
    return { stub, another };
  }

  test('is asked once for all deployments, by each command that looks', async () => {
    const { stub, another } = await openShared(limited);
    await stub.script('sbatch', 'take 31; echo 31');
    expect(await another().submit(job)).toEqual({ jobId: '31' });
    // The answer is from before the job: the controller is asked about this one.
    await stub.script('scontrol', 'echo "JobId=31 JobName=fl-demo-1 JobState=RUNNING Reason=None"');
    const looks = await Promise.all([another().observe(['31']), another().observe(['31']), another().observe(['31'])]);
    expect(looks.map((seen) => seen.get('31')?.phase)).toEqual(Array(3).fill({ kind: 'running' }));
    expect(await stub.calls('squeue')).toHaveLength(1);
  });

  test('is not asked again at once after it refused', async () => {
    const { stub, another } = await openShared('echo "squeue: rate limited: one query per 120 s" >&2; exit 1');
    for (let look = 0; look < 3; look += 1)
      await expect(another().observe(['31'])).rejects.toMatchObject({ code: 'rate_limited', retryable: true });
    expect(await stub.calls('squeue')).toHaveLength(1);
  });

  test('is asked again when the answer is too old', async () => {
    const { stub, another } = await openShared('echo "31|PENDING|Priority||N/A|N/A|1795231749|gpu|fl-demo-1"', 0);
    for (let look = 0; look < 2; look += 1)
      expect((await another().observe(['31'])).get('31')?.phase).toEqual({ kind: 'pending' });
    expect(await stub.calls('squeue')).toHaveLength(2);
  });

  test('that refuses without such a setting names the setting', async () => {
    const { scheduler } = await open({ squeue: 'echo "squeue: rate limited: one query per 120 s" >&2; exit 1' });
    await expect(scheduler.observe(['31'])).rejects.toMatchObject({
      code: 'rate_limited',
      hint: expect.stringContaining('slurm.pollSeconds'),
    });
  });
});

test('a command that prints without end is ended, and its answer refused', async () => {
  const { scheduler } = await open({ squeue: 'exec yes "a line of a site that lists the jobs of everybody"' });
  await expect(scheduler.observe(['31'])).rejects.toMatchObject({
    code: 'output_too_large',
    message: expect.stringContaining('squeue printed because it is larger than 32 MB'),
  });
}, 30_000);
