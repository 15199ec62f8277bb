import type { JobObservation } from '@fairlead/slurm';
import { describe, expect, it } from 'vitest';

import { observedState } from './observe-job.ts';

const job = (more: Partial<JobObservation>): JobObservation => ({
  jobId: '7',
  phase: { kind: 'pending' },
  state: 'PENDING',
  ...more,
});

describe('What the scheduler says of a job', () => {
  it('while it waits is its reason, with what to do', () => {
    expect(
      observedState(job({ pending: { kind: 'never-starts', text: 'asks for too much', advice: 'Ask for less.' } })),
    ).toEqual({ status: 'queued', reason: 'asks for too much: Ask for less.' });
  });
  it.each([['running'], ['completing']] as const)('while it is %s is for its agent to say', (kind) =>
    expect(observedState(job({ phase: { kind } }))).toBeUndefined(),
  );
  it.each([
    ['cancelled', 'stopped', 'cancelled'],
    ['timeout', 'stopped', 'deadline'],
    ['preempted', 'failed', 'preempted'],
    ['out_of_memory', 'failed', 'job_ended'],
    ['node_fail', 'failed', 'job_ended'],
  ] as const)('when it ended as %s is %s by %s', (outcome, status, code) => {
    expect(observedState(job({ phase: { kind: 'ended', outcome }, state: outcome.toUpperCase() }))).toMatchObject({
      status,
      cause: { code, message: expect.stringContaining(outcome.toUpperCase()) },
    });
  });
  it('when memory ran out says what to do', () => {
    const ended = job({ phase: { kind: 'ended', outcome: 'out_of_memory' }, state: 'OUT_OF_MEMORY' });
    expect(observedState(ended)).toMatchObject({ cause: { hint: expect.stringContaining('slurm.mem') } });
  });
  it('names the exit code', () => {
    expect(
      observedState(
        job({ phase: { kind: 'ended', outcome: 'failed' }, state: 'FAILED', exitCode: { code: 12, signal: 0 } }),
      ),
    ).toMatchObject({ cause: { message: expect.stringContaining('exit code 12') } });
  });
});
