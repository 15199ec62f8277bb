import { type Clock, isCodedError } from '@fairlead/kit';
import { describe, expect, test } from 'vitest';
import type { JobSubmission } from '../scheduler.ts';
import { createScriptedRunner, type ScriptedAnswer, type ScriptedRunner } from '../scripted-runner.ts';
import { createSlurmScheduler } from './slurm-scheduler.ts';

const job: JobSubmission = { name: 'fl-demo-1', scriptPath: '/home/alice/a b/job.sh', workDir: '/home/alice/a b' };
const failed = 'sbatch: error: Batch job submission failed: ';
const lost: ScriptedAnswer = { code: 1, stderr: `${failed}Socket timed out on send/recv operation` };
const noJob: ScriptedAnswer = { code: 1, stderr: 'slurm_load_jobs error: Invalid job id specified' };
const noAccounting: ScriptedAnswer = { code: 1, stderr: 'Slurm accounting storage is disabled' };
const noController: ScriptedAnswer = {
  code: 1,
  stderr: 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)',
};
const row = (jobId: string, state = 'PENDING', reason = 'Priority', nodes = '') =>
  `${jobId}|${state}|${reason}|${nodes}|N/A|N/A|1795231749|gpu|fl-demo-1\n`;

/** Time passes by sleeping alone. */
function createTestClock(): Clock & { sleptMs: number } {
  const clock = {
    sleptMs: 0,
    now: () => 1_795_231_747_000 + clock.sleptMs,
    monotonicMs: () => clock.sleptMs,
    sleep(ms: number) {
      clock.sleptMs += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

function open(answer: (command: string[], nth: number) => ScriptedAnswer) {
  const runner: ScriptedRunner = createScriptedRunner(answer);
  const clock = createTestClock();
  const programs = () => runner.commands.map(([program]) => program);
  return { scheduler: createSlurmScheduler({ runner, clock }), runner, clock, programs };
}

describe('submit', () => {
  test('looks for the name, then runs sbatch once', async () => {
    const { scheduler, runner } = open(([program]) => (program === 'sbatch' ? { stdout: 'lua: hi\n77;tb\n' } : {}));
    expect(await scheduler.submit({ ...job, timeLimitMinutes: 90 })).toEqual({ jobId: '77', cluster: 'tb' });
    expect(runner.commands).toEqual([
      ['squeue', '-h', '-a', '-t', 'all', '-o', '%i|%T|%r|%N|%S|%e|%V|%P|%j', '--me', '--name=fl-demo-1'],
      [
        'sbatch',
        '--parsable',
        '--job-name=fl-demo-1',
        '--chdir=/home/alice/a b',
        '--time=01:30:00',
        '/home/alice/a b/job.sh',
      ],
    ]);
  });

  test('gives back the job that an earlier call made', async () => {
    const { scheduler, programs } = open(() => ({ stdout: row('76', 'RUNNING', 'None', 'node1') }));
    expect(await scheduler.submit(job)).toEqual({ jobId: '76' });
    expect(programs()).toEqual(['squeue']);
  });

  test('passes over the record of a request that was refused, and over other names', async () => {
    const stdout = row('5', 'FAILED', 'BadConstraints') + row('6').replace('fl-demo-1', 'fl-demo-11');
    const { scheduler } = open(([program]) => (program === 'sbatch' ? { stdout: '77\n' } : { stdout }));
    expect(await scheduler.submit(job)).toEqual({ jobId: '77' });
  });

  test.each<[string, ScriptedAnswer]>([
    ['the controller is slow', lost],
    ['the way to the login host breaks', new Error('connection lost')],
    ['the command is killed', { code: null, timedOut: true }],
    ['sbatch says nothing', { stdout: 'have a nice day\n' }],
  ])('finds the job again when %s', async (_, answer) => {
    const { scheduler, programs } = open(([program], nth) => {
      if (program === 'sbatch') return answer;
      return nth < 6 ? {} : { stdout: row('78') };
    });
    expect(await scheduler.submit(job)).toEqual({ jobId: '78' });
    expect(programs().filter((program) => program === 'sbatch')).toHaveLength(1);
  });

  test('finds it in accounting when the queue has forgotten it', async () => {
    const { scheduler, programs } = open(([program]) => {
      if (program === 'sbatch') return lost;
      if (program === 'sacct') return { stdout: '79|COMPLETED|0:0|None|1|2|3|node1|gpu|fl-demo-1\n' };
      return {};
    });
    expect(await scheduler.submit(job)).toEqual({ jobId: '79' });
    expect(programs()).toEqual(['squeue', 'sbatch', 'squeue', 'sacct']);
  });

  test('takes the number that the queue confirms, where sbatch printed others around it', async () => {
    const { scheduler, programs } = open(([program], nth) => {
      if (program === 'sbatch') return { stdout: '4200\n998877\n' };
      return nth === 1 ? {} : { stdout: row('998877') };
    });
    expect(await scheduler.submit(job)).toEqual({ jobId: '998877' });
    expect(programs()).toEqual(['squeue', 'sbatch', 'squeue']);
  });

  test('believes no number that the queue does not confirm, and submits nothing again', async () => {
    const { scheduler, programs } = open(([program]) =>
      program === 'sbatch' ? { stdout: 'Balance after job\n4200\n' } : {},
    );
    await expect(scheduler.submit(job)).rejects.toMatchObject({
      code: 'submit_uncertain',
      message: expect.stringContaining('4200'),
    });
    expect(programs().filter((program) => program === 'sbatch')).toHaveLength(1);
  });

  test('submits nothing when munge of the login host is down, and does not look for a job', async () => {
    const munge = {
      code: 1,
      stderr: `sbatch: error: Munge encode failed: Failed to access "/run/munge/munge.socket.2"\n${failed}Protocol authentication error`,
    };
    const { scheduler, programs } = open(([program]) => (program === 'sbatch' ? munge : {}));
    await expect(scheduler.submit(job)).rejects.toMatchObject({ code: 'munge_down', retryable: true });
    expect(programs()).toEqual(['squeue', 'sbatch']);
    await expect(open(() => munge).scheduler.observe(['1'])).rejects.toMatchObject({ code: 'munge_down' });
  });

  test('submits again only after the queue stayed without it for the time to settle', async () => {
    let sbatches = 0;
    const { scheduler, clock } = open(([program]) => {
      if (program !== 'sbatch') return program === 'sacct' ? noAccounting : {};
      sbatches += 1;
      if (sbatches === 1) return lost;
      expect(clock.sleptMs).toBeGreaterThanOrEqual(30_000);
      return { stdout: '80\n' };
    });
    expect(await scheduler.submit(job)).toEqual({ jobId: '80' });
  });

  test('keeps the first of two when the lost one turns up after all', async () => {
    let sbatches = 0;
    const { scheduler, runner } = open(([program]) => {
      if (program === 'sbatch') return (sbatches += 1) === 1 ? lost : { stdout: '82\n' };
      return sbatches < 2 ? {} : { stdout: row('82') + row('81') };
    });
    expect(await scheduler.submit(job)).toEqual({ jobId: '81' });
    expect(runner.commands.at(-1)).toEqual(['scancel', '82']);
  });

  test('does not submit again while it is unknown whether the job exists', async () => {
    const { scheduler, programs, clock } = open(([program], nth) => {
      if (program === 'sbatch') return lost;
      return nth === 1 ? {} : noController;
    });
    await expect(scheduler.submit(job)).rejects.toMatchObject({
      code: 'submit_uncertain',
      hint: expect.stringContaining('squeue --me --name=fl-demo-1'),
    });
    expect(programs().filter((program) => program === 'sbatch')).toHaveLength(1);
    expect(clock.sleptMs).toBeGreaterThanOrEqual(180_000);
  });

  test('submits nothing when the queue does not answer in the first place', async () => {
    const { scheduler, programs } = open(() => noController);
    await expect(scheduler.submit(job)).rejects.toMatchObject({ code: 'slurm_unreachable', retryable: true });
    expect(programs()).toEqual(['squeue']);
  });

  test.each([
    [`${failed}Invalid account or account/partition combination specified`, 'account_invalid', false],
    [`sbatch: error: QOSMaxSubmitJobPerUserLimit\n${failed}Job violates accounting/QOS policy`, 'quota_exceeded', true],
  ])('gives up at once on %j', async (stderr, code, retryable) => {
    const { scheduler, programs } = open(([program]) => (program === 'sbatch' ? { code: 1, stderr } : {}));
    await expect(scheduler.submit(job)).rejects.toMatchObject({ code, retryable });
    expect(programs()).toEqual(['squeue', 'sbatch']);
  });

  test('stops when aborted', async () => {
    const controller = new AbortController();
    const { scheduler, programs } = open(([program]) => {
      if (program === 'sbatch') controller.abort(new Error('enough'));
      return program === 'sbatch' ? lost : {};
    });
    await expect(scheduler.submit(job, controller.signal)).rejects.toThrow('enough');
    expect(programs()).toEqual(['squeue', 'sbatch']);
  });
});

describe('testOnly', () => {
  test('reads the estimate, and a refusal', async () => {
    const stderr = 'sbatch: Job 2 to start at 1795231807 using 1 processors on nodes node1 in partition gpu\n';
    expect(await open(() => ({ stderr })).scheduler.testOnly(job)).toMatchObject({
      ok: true,
      estimatedStartMs: 1_795_231_807_000,
    });
    const refusal = { code: 1, stderr: 'allocation failure: Requested node configuration is not available\n' };
    expect(await open(() => refusal).scheduler.testOnly(job)).toMatchObject({
      ok: false,
      code: 'node_config_unavailable',
    });
  });

  test('takes success in words it does not know for what it is', async () => {
    const stderr = 'fairlead: unset SBATCH_ACCOUNT=chem-7\nsbatch: fine\n';
    expect(await open(() => ({ stderr })).scheduler.testOnly(job)).toEqual({
      ok: true,
      text: 'sbatch: fine',
    });
  });
});

describe('observe', () => {
  test('asks once for all the living', async () => {
    const stdout =
      '1|RUNNING|None|node[1-2]|1795231747|1795231867|1795231740|gpu|fl-a\n' +
      '2|PENDING|QOSMaxGRESPerUser||1795239999|N/A|1795231740|gpu|fl-b\n';
    const { scheduler, runner } = open(() => ({ stdout }));
    const seen = await scheduler.observe(['1', '2', '1']);
    expect(runner.commands).toEqual([
      ['squeue', '-h', '-a', '-t', 'all', '-o', '%i|%T|%r|%N|%S|%e|%V|%P|%j', '-j', '1,2'],
    ]);
    expect(seen.get('1')).toMatchObject({
      phase: { kind: 'running' },
      nodes: 'node[1-2]',
      startMs: 1_795_231_747_000,
      endMs: 1_795_231_867_000,
    });
    const pending = seen.get('2');
    expect(pending).toMatchObject({
      phase: { kind: 'pending' },
      estimatedStartMs: 1_795_239_999_000,
      pending: { kind: 'your-limit' },
    });
    expect(pending).not.toHaveProperty('startMs');
    expect(pending).not.toHaveProperty('endMs');
  });

  test('adds exit code and restarts to an end', async () => {
    const { scheduler } = open(([program]) =>
      program === 'squeue'
        ? { stdout: '3|FAILED|NonZeroExitCode|node1|1795231747|1795231750|1795231740|gpu|fl-c\n' }
        : { stdout: 'JobId=3 JobName=fl-c JobState=FAILED Reason=NonZeroExitCode Restarts=1 ExitCode=5:0 Power=\n' },
    );
    expect((await scheduler.observe(['3'])).get('3')).toMatchObject({
      phase: { kind: 'ended', outcome: 'failed' },
      exitCode: { code: 5, signal: 0 },
      restarts: 1,
      endMs: 1_795_231_750_000,
    });
  });

  test('asks accounting for those the controller has forgotten, then scontrol, then calls them gone', async () => {
    const { scheduler, programs } = open(([program]) => {
      if (program === 'squeue' || program === 'scontrol') return noJob;
      return {
        stdout:
          '4|CANCELLED by 20001|0:15|None|1795231747|1795231750|1795231740|node1|gpu|fl-d\n5|RUNNING|0:0|None|1|Unknown|1|node1|gpu|fl-e\n',
      };
    });
    const seen = await scheduler.observe(['4', '5', '6']);
    expect(seen.get('4')).toMatchObject({ phase: { kind: 'ended', outcome: 'cancelled' }, exitCode: { signal: 15 } });
    expect(seen.get('5')).toMatchObject({ phase: { kind: 'gone' }, state: 'RUNNING' });
    expect(seen.get('6')).toEqual({ jobId: '6', phase: { kind: 'gone' }, state: '' });
    expect(programs()).toEqual(['squeue', 'squeue', 'squeue', 'squeue', 'sacct', 'scontrol']);
  });

  test('calls a job gone without accounting, says why no record tells of it, and asks for records once', async () => {
    const { scheduler, programs } = open(([program]) => (program === 'sacct' ? noAccounting : noJob));
    const gone = { jobId: '7', phase: { kind: 'gone' }, state: '', noRecords: 'Slurm accounting storage is disabled' };
    for (let look = 0; look < 3; look += 1) expect((await scheduler.observe(['7'])).get('7')).toEqual(gone);
    expect(programs().filter((program) => program === 'sacct')).toHaveLength(1);
  });

  test('asks accounting again that was only away, and says what it said', async () => {
    const away = { code: 1, stderr: 'sacct: error: Problem talking to the database: Connection refused' };
    const { scheduler, programs } = open(([program]) => (program === 'sacct' ? away : noJob));
    for (let look = 0; look < 2; look += 1)
      expect((await scheduler.observe(['7'])).get('7')).toMatchObject({ noRecords: away.stderr });
    expect(programs().filter((program) => program === 'sacct')).toHaveLength(2);
  });

  test('never takes silence for gone', async () => {
    for (const answer of [noController, { code: null, timedOut: true }, { code: 127, stderr: 'squeue: not found' }]) {
      await expect(open(() => answer).scheduler.observe(['8'])).rejects.toSatisfy((error) => isCodedError(error));
    }
    const silentLater = open(([program]) => (program === 'squeue' ? noJob : noController));
    await expect(silentLater.scheduler.observe(['8'])).rejects.toMatchObject({ retryable: true });
  });

  test('refuses an id that is no number', async () => {
    await expect(open(() => ({})).scheduler.observe(['1;rm'])).rejects.toMatchObject({ code: 'value_refused' });
  });
});

describe('cancel', () => {
  test.each([
    [
      'drain',
      [
        ['scancel', '--state=PENDING', '9'],
        ['scancel', '--state=RUNNING', '--batch', '--signal=USR2', '9'],
      ],
    ],
    ['stop', [['scancel', '9']]],
    ['kill', [['scancel', '--full', '--signal=KILL', '9']]],
  ] as const)('%s', async (how, commands) => {
    const { scheduler, runner } = open(() => ({}));
    await scheduler.cancel('9', how);
    expect(runner.commands).toEqual(commands);
  });

  test('takes a job that is no more for done, and silence for a failure', async () => {
    const over = { code: 1, stderr: 'scancel: error: Kill job error on job id 9: Invalid job id specified' };
    await open(() => over).scheduler.cancel('9', 'drain');
    await expect(open(() => noController).scheduler.cancel('9', 'stop')).rejects.toMatchObject({ retryable: true });
  });
});

test('every command goes to the site given', async () => {
  const runner = createScriptedRunner(() => noJob);
  const scheduler = createSlurmScheduler({ runner, binDir: '/opt/slurm/bin', cluster: 'big' });
  await scheduler.observe(['1']);
  await expect(scheduler.living('fl-')).rejects.toMatchObject({ code: 'command_failed' });
  await scheduler.testOnly(job);
  await scheduler.cancel('1', 'stop');
  await expect(scheduler.submit(job)).rejects.toMatchObject({ code: 'command_failed' });
  const programs = ['squeue', 'sacct', 'scontrol', 'squeue', 'sbatch', 'scancel', 'squeue'];
  expect(runner.commands.map((command) => command.slice(0, 2))).toEqual(
    programs.map((program) => [`/opt/slurm/bin/${program}`, '--clusters=big']),
  );
});
