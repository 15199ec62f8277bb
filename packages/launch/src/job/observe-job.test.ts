import { defined } from '@fairlead/kit';
import type { JobObservation } from '@fairlead/scheduler';
import { describe, expect, it } from 'vitest';

import { blameNodes, explainCompleted, observedState } from './observe-job.ts';

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
  it.each([
    ['waiting', 4],
    ['site', 4],
    ['your-limit', undefined],
    ['never-starts', undefined],
  ] as const)('while it waits (%s) has a start only where no limit holds it', (kind, estimatedStartMs) => {
    const pending = { kind, text: 'it waits', advice: '' };
    expect(observedState(job({ pending, estimatedStartMs: 4 }))).toEqual({
      status: 'queued',
      reason: 'it waits',
      ...defined({ estimatedStartMs }),
    });
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
  it.each([
    ['node7', ['node7']],
    ['node[1-2]', undefined],
  ])('when a node failed blames it, where %s leaves no doubt', (nodes, badNodes) => {
    const ended = job({ phase: { kind: 'ended', outcome: 'node_fail' }, state: 'NODE_FAIL', nodes });
    const state = observedState(ended);
    expect(state?.status === 'failed' && state.cause.badNodes).toEqual(badNodes);
  });
  it('when memory ran out says what to do', () => {
    const ended = job({ phase: { kind: 'ended', outcome: 'out_of_memory' }, state: 'OUT_OF_MEMORY' });
    expect(observedState(ended)).toMatchObject({ cause: { hint: expect.stringContaining('slurm.mem') } });
  });
  it('when it completed and nothing was served is a failure to explain', () => {
    const completed = job({ phase: { kind: 'ended', outcome: 'completed' }, state: 'COMPLETED' });
    expect(explainCompleted(completed, ['module: command not found'])).toMatchObject({
      status: 'failed',
      cause: {
        code: 'job_ended',
        message: 'job 7 ended before anything was served, though Slurm calls it COMPLETED',
        hint: expect.stringContaining('--source job'),
      },
    });
    expect(explainCompleted(completed, [], true)).toMatchObject({ status: 'stopped' });
    const notice =
      'slurmstepd: error: *** STEP 7.0 ON nid0042 CANCELLED AT 2026-05-04T10:11:12 DUE TO TASK FAILURE ***';
    expect(explainCompleted(completed, [notice, 'srun: error: nid0042'], true)).toMatchObject({
      status: 'failed',
      cause: { message: 'a task of job 7 failed and Slurm ended the others, though Slurm calls it COMPLETED' },
    });
  });
  it('when no record tells of it says why', () => {
    const gone = job({ phase: { kind: 'gone' }, state: '', noRecords: 'Slurm accounting storage is disabled' });
    expect(observedState(gone)).toMatchObject({
      status: 'failed',
      cause: {
        message:
          'job 7 is not known to the scheduler any more, and no record says how it ended: Slurm accounting storage is disabled',
      },
    });
  });
  it('names the exit code', () => {
    expect(
      observedState(
        job({ phase: { kind: 'ended', outcome: 'failed' }, state: 'FAILED', exitCode: { code: 12, signal: 0 } }),
      ),
    ).toMatchObject({ cause: { message: expect.stringContaining('exit code 12') } });
  });
});

describe('blameNodes', () => {
  const ended = job({ phase: { kind: 'ended', outcome: 'failed' }, state: 'FAILED', reason: 'NonZeroExitCode' });
  const state = observedState(ended)!;

  it('names the nodes that Slurm lost while the job ran', () => {
    const log = ['srun: error: Node failure on node3', 'srun: error: node2: task 0: Killed'];
    expect(blameNodes(state, log)).toMatchObject({
      status: 'failed',
      cause: {
        code: 'node_lost',
        message: 'Slurm lost node3 while the job ran: job 7 ended: FAILED (NonZeroExitCode)',
        badNodes: ['node3'],
      },
    });
  });
  it('blames none where srun has no word of one', () =>
    expect(blameNodes(state, ['srun: error: node2: task 0: Killed'])).toBe(state));
});
