// Joins what squeue, sacct and scontrol know of one job into an observation. Pure.

import { defined } from '@fairlead/kit';
import { classifyJobState } from './classify/job-state.ts';
import { classifyPendingReason } from './classify/pending-reason.ts';
import type { SacctRow } from './parse/parse-sacct.ts';
import type { ScontrolJob } from './parse/parse-scontrol.ts';
import type { SqueueRow } from './parse/parse-squeue.ts';
import type { JobObservation } from '../scheduler.ts';

/** The controller's word. A pending job's times are estimates and move to where they are called so. */
export function describeJob(row: SqueueRow | ScontrolJob | SacctRow): JobObservation {
  const { startMs, endMs, ...rest } = row;
  const phase = classifyJobState(row.state);
  if (phase.kind === 'pending') {
    const estimate = defined({ estimatedStartMs: startMs });
    return { ...rest, ...estimate, phase, pending: classifyPendingReason(row.reason ?? 'None') };
  }
  const times = { ...defined({ startMs, endMs }) };
  if (phase.kind === 'ended') return { ...rest, ...times, phase };
  const { exitCode: _notYet, ...living } = rest as Partial<ScontrolJob> & typeof rest;
  return { ...living, ...times, phase };
}

/** What only scontrol tells of a job that squeue lists: exit code and restarts. */
export function addDetails(observation: JobObservation, details: ScontrolJob | undefined): JobObservation {
  if (!details) return observation;
  const { exitCode, restarts } = details;
  return {
    ...observation,
    ...defined({ exitCode, restarts }),
  };
}

/**
 * Accounting's word on a job the controller has forgotten. A job it calls alive is gone all the same: the controller
 * forgets only what has ended (a "runaway job" stays RUNNING in accounting for ever). `noRecords`: why there is no word.
 */
export function describeForgotten(jobId: string, row: SacctRow | undefined, noRecords?: string): JobObservation {
  if (!row) return { jobId, phase: { kind: 'gone' }, state: '', ...defined({ noRecords }) };
  const observation = describeJob(row);
  if (observation.phase.kind === 'ended') return observation;
  return { jobId, phase: { kind: 'gone' }, state: row.state, name: row.name };
}
