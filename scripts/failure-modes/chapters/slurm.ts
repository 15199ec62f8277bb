import { type FailureChapter, mode, scenario } from '../failure-mode.ts';

const care = 'tests/scenarios/care-deploy.test.ts';

export const slurmChapter: FailureChapter = {
  title: 'Slurm',
  modes: [
    mode('`sbatch` missing', 'whether this is a login host, and that its directory can be named', [
      scenario('slurm/slurm-refusals'),
      'without sbatch is reported, and the directory of sbatch can be configured',
    ]),
    mode('`sbatch` refuses: account, partition, GPU type, time limit', "Slurm's words and what to change", [
      scenario('slurm/slurm-refusals'),
      "for %s is reported with Slurm's words and the cure",
    ]),
    mode(
      '`sbatch` refuses: QOS',
      "Slurm's words and what to change",
      [scenario('slurm/slurm-refusals'), "for its QOS is reported with Slurm's words and the cure"],
      [scenario('slurm/accounting'), "a job %s is refused with Slurm's words and the cure, and leaves nothing behind"],
    ),
    mode(
      'account that the partition does not take, closed, used up, taken away, or written in other case',
      'doctor finds it where `sbatch` does not; `status` says whether waiting helps',
      [
        scenario('slurm/accounting'),
        'finds an account that the partition does not take, though sbatch --test-only takes it',
      ],
      [
        scenario('slurm/accounting'),
        'a job of a child of the account that the partition takes waits, and status says that it will never start',
      ],
      [
        scenario('slurm/accounting'),
        'an account that has used up its budget: deploy says that no ending job helps, and gives no start time',
      ],
      [scenario('slurm/accounting'), 'an account that the user has lost is refused, and doctor no longer lists it'],
      [
        scenario('slurm/accounting'),
        'accepts an account in another case, as Slurm does, and finds a QOS that allows less time than requested',
      ],
    ),
    mode(
      '`sbatch` answers after a time-out',
      'the job is found, not submitted twice',
      [scenario('slurm/slurm-refusals'), 'whose sbatch %s: the job is found and not submitted twice'],
      [care, 'adopts the job whose sbatch answered too late, and submits it once'],
    ),
    mode(
      'job pending for ever',
      'its reason in words, and what to do',
      [scenario('slurm/job-ends'), 'for ever is reported with its reason and the cure, by deploy and by status'],
      [scenario('slurm/job-ends'), 'for a missing node, for a quota, or for its turn is reported with that reason'],
    ),
    mode('job cancelled while queued', 'that it was cancelled', [
      scenario('job/faults'),
      'job cancelled while it is queued, and a deploy follows it',
    ]),
    mode('job held', 'that it is held, and by what it is released', [
      scenario('slurm/job-ends'),
      'for ever is reported with its reason and the cure, by deploy and by status',
    ]),
    mode('job requeued', 'it serves again as the next start', [
      scenario('slurm/job-ends'),
      'a requeued job serves again as the next start, and the copy that its node kept running is fenced',
    ]),
    mode(
      'preempted, killed by its time limit, node failure',
      'the reason that Slurm gave',
      [
        scenario('slurm/job-ends'),
        "a job that Slurm ends is reported with Slurm's reason: preempted, out of time, a failed node",
      ],
      [
        scenario('slurm/job-ends'),
        'a job that is preempted with grace completes what is in flight, and the reason of its end is the preemption',
      ],
      [
        scenario('slurm/job-ends'),
        'a job that is preempted with its own signal (send_user_signal) has until the end of the grace time, and the preemption as its reason',
      ],
      [scenario('job/faults'), 'time limit drains a running stream to its end'],
    ),
    mode('out of memory', 'what ran out, and what to change', [
      scenario('slurm/job-ends'),
      'out of memory: the engine error has the cure; for a killed agent, the queue explains the end',
    ]),
    mode(
      'more nodes than the partition has, or gives to one job; a heterogeneous job',
      "the partition's number, before anything is submitted; what to choose instead",
      [
        scenario('nodes/placement'),
        'a job over two nodes gets whole nodes at one switch where the settings say so, and no more than there are',
      ],
    ),
    mode('a node dies in a job that Slurm lets run on (`--no-kill`)', 'the name of the node; the job ends', [
      scenario('nodes/lost-nodes'),
      "a worker's node that dies while Slurm lets the job run on is named by the leader, which ends the job",
    ]),
    mode("Slurm's notice of the end has no reason", 'the reason that Slurm tells when it is asked', [
      'apps/node-agent/src/pass-signals.test.ts',
      "The end of a job whose notice has no reason has Slurm's: %s",
    ]),
  ],
};
