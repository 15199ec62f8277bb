import type { JobObservation } from '@fairlead/scheduler';
import { describe, expect, it } from 'vitest';

import type { Site } from '../site/open-site.ts';
import { observationFor } from './observe-job.ts';

/** A scheduler that gives these answers in turn, and a clock that counts what was slept. */
function siteThatSays(...answers: JobObservation[]) {
  const slept: number[] = [];
  const site = {
    scheduler: { observe: async () => new Map([['7', answers.shift() ?? gone]]) },
    host: { runner: { run: async () => ({ code: 1, stdout: '', stderr: '' }) } },
    paths: { state: '/s' },
  } as unknown as Site;
  const clock = { now: () => 0, monotonicMs: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  const look = () =>
    observationFor(site, { id: 'abcdefgh', jobId: '7' }, { clock, signal: new AbortController().signal });
  return { look, slept };
}
const gone: JobObservation = { jobId: '7', phase: { kind: 'gone' }, state: '' };
const running: JobObservation = { jobId: '7', phase: { kind: 'running' }, state: 'RUNNING' };

describe('observationFor', () => {
  it('looks again before it calls a job gone', async () => {
    const { look, slept } = siteThatSays(gone, running);
    expect(await look()).toBeUndefined();
    expect(slept).toEqual([3_000]);
  });

  it('calls a job gone that the scheduler did not know twice', async () => {
    expect(await siteThatSays(gone, gone).look()).toMatchObject({ status: 'failed', cause: { code: 'job_ended' } });
  });
});
