import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { AgentSignal } from './agent-deps.ts';
import { passSignals } from './pass-signals.ts';
import type { SupervisorInput } from './supervisor/supervisor.ts';
import { firstState, type SupervisorState } from './supervisor/supervisor-state.ts';

interface Passing {
  state?: SupervisorState;
  jobDir?: string;
}

/** A job to which Slurm says this of itself, and what its supervisor gets. */
function passing(answer: string | undefined, { state = firstState, jobDir = '/nowhere' }: Passing = {}) {
  let listener: (signal: AgentSignal) => void = () => undefined;
  const got: SupervisorInput[] = [];
  const stop = passSignals({
    spec: { jobDir } as never,
    job: { jobId: '17', restart: 0 },
    nodes: undefined,
    deps: {
      run: async () => answer,
      onSignal: (given) => {
        listener = given;
        return () => undefined;
      },
    },
    supervisor: { state, dispatch: (event) => void got.push(event) },
  });
  return { got, send: (signal: AgentSignal) => listener(signal), stop };
}

const ended = (code?: string) => ({
  type: 'signal.received',
  signal: 'SIGTERM',
  ...(code === undefined ? {} : { why: expect.objectContaining({ code }) }),
});
const warned = { type: 'signal.received', signal: 'SIGUSR2' };
const preempted = 'JobId=17 JobName=a JobState=RUNNING EndTime=1796070774 PreemptTime=1796070759';

it("The job's warning signal is a preemption where Slurm says so, with the end that it has by that", async () => {
  const { got, send } = passing(preempted);
  send('SIGUSR2');
  await expect.poll(() => got).toHaveLength(2);
  expect(got).toEqual([
    { type: 'deadline.learned', deadlineMs: 1_796_070_774_000 },
    { ...warned, why: expect.objectContaining({ code: 'preempted' }) },
  ]);
});

it.each([['JobId=17 JobName=a JobState=RUNNING EndTime=1796070774 PreemptTime=None'], [undefined]])(
  "The job's warning signal has no reason of its own where Slurm answers %j",
  async (answer) => {
    const { got, send } = passing(answer);
    send('SIGUSR2');
    await expect.poll(() => got).toEqual([warned]);
  },
);

it('A signal to a job that drains already is passed at once', () => {
  const cause = { code: 'requested', message: 'first cause' } as const;
  const draining = { status: 'draining', step: 'requests', cause } as unknown as SupervisorState;
  const { got, send } = passing(preempted, { state: draining });
  send('SIGUSR2');
  send('SIGINT');
  send('SIGTERM');
  expect(got).toEqual([warned, { type: 'signal.received', signal: 'SIGINT' }, ended()]);
});

/** As Slurm 22.05 prints a job while it removes its processes. */
const completing =
  'JobId=17 JobName=a JobState=COMPLETING Reason=None RunTime=00:00:12 TimeLimit=00:05:00 StartTime=1796083647 EndTime=1796083659 PreemptTime=None';
const notice = 'slurmstepd-node2: error: *** STEP 17.0 ON node2 CANCELLED AT 2026-12-01T00:07:55';

async function endOf(log: string, answer: string | undefined): Promise<SupervisorInput[]> {
  const jobDir = await mkdtemp(join(tmpdir(), 'fl-signals-'));
  onTestFinished(() => rm(jobDir, { recursive: true }));
  await writeFile(join(jobDir, 'job.log'), log);
  const { got, send } = passing(answer, { jobDir });
  send('SIGTERM');
  await expect.poll(() => got).toHaveLength(1);
  return got;
}

it.each<[what: string, answer: string | undefined, code: string]>([
  ['a time limit', completing.replace('Reason=None', 'Reason=TimeLimit'), 'deadline'],
  ['a time limit', completing.replace('COMPLETING', 'TIMEOUT'), 'deadline'],
  ['a time limit', completing.replace('EndTime=1796083659', 'EndTime=1796083947'), 'deadline'],
  ['a preemption', completing.replace('PreemptTime=None', 'PreemptTime=1796083650'), 'preempted'],
  ['a failed node', completing.replace('COMPLETING', 'NODE_FAIL'), 'job_ended'],
  ['a scancel', completing, 'cancelled'],
  ['a signal alone', completing.replace('COMPLETING', 'RUNNING'), 'cancelled'],
  ['nothing, for it does not answer', undefined, 'cancelled'],
])("The end of a job whose notice has no reason has Slurm's: %s", async (_what, answer, code) => {
  expect(await endOf(`${notice} ***\n`, answer)).toEqual([ended(code)]);
});

it('The reason in the notice is taken without a question, and without any notice Slurm is asked', async () => {
  expect(await endOf(`${notice} DUE TO TIME LIMIT ***\n`, completing)).toEqual([ended('deadline')]);
  expect(await endOf('', completing.replace('COMPLETING', 'TIMEOUT'))).toEqual([ended('deadline')]);
  expect(await endOf('', undefined)).toEqual([ended()]);
});
