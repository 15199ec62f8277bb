// What ended the job from outside: Slurm's notices in its log.

import type { FailureEntry } from './failure-entry.ts';

const slurm = { topic: 'slurm', retry: false, otherNode: false } as const;

export const slurmFailures: readonly FailureEntry[] = [
  {
    ...slurm,
    id: 'job-time-limit',
    what: 'the time limit of the job came',
    patterns: [/\*\*\* (?:JOB|STEP) .{0,120}DUE TO TIME LIMIT/],
    why: 'Slurm ends a job when its time is over.',
    cure: 'Deploy again with a longer `--time`.',
    sources: ['https://slurm.schedmd.com/sbatch.html'],
  },
  {
    ...slurm,
    id: 'job-preempted',
    what: 'a job of higher priority took the place',
    patterns: [/\*\*\* (?:JOB|STEP) .{0,120}DUE TO PREEMPTION/],
    why: 'The partition or QOS lets others preempt jobs.',
    cure: 'Deploy again, or use another `slurm.qos` or `slurm.partition`.',
    sources: ['https://slurm.schedmd.com/preempt.html'],
  },
  {
    ...slurm,
    id: 'job-node-failed',
    what: 'the node of the job failed',
    patterns: [
      /\*\*\* (?:JOB|STEP) .{0,120}DUE TO NODE FAILURE/,
      /task \S{1,20}: (?:Node failure|Communication connection failure)/i,
    ],
    otherNode: true,
    why: 'Slurm lost the node.',
    cure: 'Deploy again; Slurm does not use that node before it is back.',
    sources: ['https://slurm.schedmd.com/sbatch.html'],
  },
  {
    ...slurm,
    id: 'job-task-failed',
    what: 'a task of the job failed, and Slurm ended the others',
    patterns: [
      /\*\*\* (?:JOB|STEP) .{0,120}DUE TO TASK FAILURE/,
      // Not the codes of SIGKILL and SIGTERM, with which Slurm itself ends a task.
      /^\S{1,60}: tasks? \S{1,40}: Exited with exit code (?!137|143)\d+/,
    ],
    rank: 'consequence',
    elsewhere: true,
    retry: true,
    why: 'With `srun -K` the first task that fails ends the step.',
    cure: 'See the log of the task that failed first: `fairlead logs <name> --source job`.',
    sources: ['https://slurm.schedmd.com/srun.html'],
  },
  {
    ...slurm,
    id: 'job-cancelled',
    what: 'the job was cancelled',
    patterns: [/\*\*\* (?:JOB|STEP) .{0,80}CANCELLED AT (?!.{0,120}DUE TO)/],
    rank: 'consequence',
    elsewhere: true,
    why: 'By you (`scancel`, `fairlead stop --now`), or by the site.',
    cure: 'Deploy again, or ask the site.',
    sources: ['https://slurm.schedmd.com/scancel.html'],
  },
  {
    ...slurm,
    id: 'job-requeued',
    what: 'the job was put back into the queue',
    patterns: [/\*\*\* (?:JOB|STEP) .{0,120}DUE TO JOB REQUEUE/],
    retry: true,
    otherNode: true,
    why: 'Its node failed, a job of higher priority took its place, or a user or the site asked for it (`scontrol requeue`).',
    cure: 'Nothing: the same job starts again. `slurm.extra: ["#SBATCH --no-requeue"]` makes it end instead.',
    sources: ['https://slurm.schedmd.com/scontrol.html'],
  },
  {
    ...slurm,
    id: 'step-not-created',
    what: 'Slurm started no step in the job: {reason}',
    patterns: [/Unable to create step for job \d+: (?<reason>.{1,160})/],
    why: '`srun` inside the job asks for more than the job has: tasks, CPUs, memory or GPUs.',
    cure: 'Correct the options of `srun` in `engines.vllm.command` or in the `prologue`, or ask for more in the job.',
    sources: ['https://slurm.schedmd.com/srun.html'],
  },
  {
    ...slurm,
    id: 'mpi-plugin-missing',
    what: "Slurm's plugin for MPI ({type}) cannot be loaded on the node",
    patterns: [
      /Invalid MPI type '(?<type>\w{1,30})'/,
      /Couldn't (?:load|find the) specified plugin name for mpi\/(?<type>\w{1,30})/,
      /cannot find mpi plugin for mpi\/(?<type>\w{1,30})/,
      /can not load (?<type>PMI\w{1,10}) library/,
    ],
    why: '`srun` asks for a plugin that this site has not, or whose library the node lacks. An engine needs none.',
    cure: 'Start the engine without `srun`, or with `srun --mpi=none`.',
    sources: ['https://slurm.schedmd.com/mpi_guide.html'],
  },
];
