import { expect, it } from 'vitest';
import type { AgentSignal } from './agent-deps.ts';
import { passSignals } from './pass-signals.ts';
import type { SupervisorInput } from './supervisor/supervisor.ts';
import { firstState, type SupervisorState } from './supervisor/supervisor-state.ts';

/** A job to which Slurm says this of itself, and what its supervisor gets. */
function passing(answer: string | undefined, state: SupervisorState = firstState) {
  let listener: (signal: AgentSignal) => void = () => undefined;
  const got: SupervisorInput[] = [];
  const stop = passSignals({
    spec: { jobDir: '/nowhere' } as never,
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
  const { got, send } = passing(preempted, draining);
  send('SIGUSR2');
  send('SIGINT');
  expect(got).toEqual([warned, { type: 'signal.received', signal: 'SIGINT' }]);
});
