// The cause of the instance's end for each reason that Slurm gives for the end of the job.

import type { EndCause } from '@fairlead/protocol';
import type { SlurmNotice } from '@fairlead/scheduler';

const causes: Readonly<Record<SlurmNotice, EndCause>> = {
  preempted: {
    code: 'preempted',
    message: 'Slurm preempted the job: one of higher priority took its place',
    hint: 'Deploy again; a partition or QOS that is not preempted keeps its jobs.',
  },
  'time-limit': {
    code: 'deadline',
    message: 'the job reached its time limit',
    hint: 'Deploy again with more time: --time.',
  },
  'node-failure': {
    code: 'job_ended',
    message: 'Slurm ended the job because a node failed',
    hint: 'Deploy again.',
  },
  requeued: {
    code: 'cancelled',
    message: 'the job was put back into the queue (requeued)',
    hint: 'It starts again by itself.',
  },
  'task-failure': {
    code: 'job_ended',
    message: 'a task of the job failed and Slurm ended the others',
    hint: 'The lines before that in the job log (--source job) say which, and why.',
  },
  cancelled: { code: 'cancelled', message: 'the job was cancelled (scancel)' },
};

export function causeOfNotice(notice: SlurmNotice): EndCause {
  return causes[notice];
}
