// Sorts Slurm's reason codes (src/common/job_state_reason.c, job_reason_codes.html) by who can do something about them.

export interface PendingReason {
  kind: PendingKind;
  /** In plain words, with Slurm's own code. */
  text: string;
  /** What to do; empty where waiting is all. */
  advice: string;
}

export type PendingKind = 'waiting' | 'your-limit' | 'never-starts' | 'site';

type Rule = [pattern: RegExp, kind: PendingKind, meaning: string, advice: string];

const shareAdvice =
  'The limit is shared: the job starts when others of the group release resources. Ask for less, or use another account or QOS.';
const budgetAdvice =
  'It may stay used up for weeks: no end of a job gives it back. Use another account or QOS, ask for less time, or ask the site for more.';
const shareOfSubmitsAdvice =
  'It is shared by all who use the account or QOS: try again when jobs have ended. Where none are queued it is closed: use another account or QOS, or ask the site.';
const neverAdvice = 'It will never start as it is: stop it, and choose';
const limitAdvice = 'It starts when jobs of yours end. Stop one, ask for less, or use another QOS or account.';
const askLessAdvice = 'Ask for less, or for another partition, QOS or account; this job will not start as it is.';

/** The first match counts. `squeue` may print a reason with details after a comma. */
const rules: Rule[] = [
  [/^None$/, 'waiting', 'not looked at by the scheduler yet', ''],
  [/^Priority$/, 'waiting', 'other jobs are ahead', ''],
  [/^Resources$/, 'waiting', 'next in line, waiting for free resources', ''],
  [/^BeginTime$/, 'waiting', 'its earliest start time lies ahead (also after a requeue)', ''],
  [/^Dependency$/, 'waiting', 'it waits for another job', ''],
  [/^Licenses$/, 'waiting', 'it waits for a license', ''],
  [/^Reservation$/, 'waiting', 'its reservation has not begun', ''],
  [
    /^(Prolog|Cleaning|SchedDefer|MpiPortsBusy|FedJobLock|BurstBuffer(Resources|StageIn))$/,
    'waiting',
    'Slurm prepares it',
    '',
  ],
  [/^(MaxPoweredUpNodes|Power(NotAvail|Reserved))$/, 'waiting', 'nodes may not be powered up yet', ''],
  [/^JobArrayTaskLimit$/, 'your-limit', "the array's own limit of tasks at a time is reached", limitAdvice],

  [
    /^DependencyNeverSatisfied$/,
    'never-starts',
    'the job it depends on ended in another way',
    'Stop it and deploy again without the dependency.',
  ],
  [/^JobHeldUser$/, 'never-starts', 'you hold it', 'Release it: scontrol release <jobid>.'],
  [
    /^(JobHeldAdmin|job requeued in held state)/,
    'never-starts',
    'an administrator (or a requeue) holds it',
    'Try scontrol release <jobid>; where that is denied, ask the site.',
  ],
  [
    /^(JobHoldMaxRequeue|launch failed requeued held)/,
    'never-starts',
    'it was held after failing to launch too often',
    'Look at the job log, then stop it and deploy again.',
  ],
  [
    /^(InvalidAccount|AccountNotAllowed)$/,
    'never-starts',
    'the account may not be used here',
    `${neverAdvice} another account (sacctmgr show assoc user=$USER) or partition.`,
  ],
  [
    /^(InvalidQOS|QOSNotAllowed)$/,
    'never-starts',
    'the QOS may not be used here',
    `${neverAdvice} another QOS (sacctmgr show assoc user=$USER format=account,partition,qos).`,
  ],
  [
    // Words instead of a code (slurmctld, part_policy_valid_acct and part_policy_valid_qos).
    /^Job's (account|QOS) not (known|permitted)/,
    'never-starts',
    'the partition does not take jobs of this account or QOS',
    `${neverAdvice} another partition, account or QOS (scontrol show partition, sacctmgr show assoc user=$USER).`,
  ],
  [
    /^(BadConstraints|Constraints|Nodes required for job are (invalid|unavail))/,
    'never-starts',
    'no node can ever satisfy the request',
    'Change GPUs, memory, nodes or constraint (sinfo -o "%P %G %m %c %f").',
  ],
  [/^PartitionNodeLimit$/, 'never-starts', 'the partition does not give this many nodes to a job', askLessAdvice],
  [
    /^PartitionTimeLimit$/,
    'never-starts',
    'the time limit is above what the partition gives',
    'Ask for less time, or another partition (sinfo -o "%P %l").',
  ],
  [
    /^PartitionConfig$/,
    'never-starts',
    'the request does not fit the partition: nodes, time, or who may use it',
    'Compare with scontrol show partition.',
  ],
  [/^DeadLine$/, 'never-starts', 'its deadline has passed or cannot be met', 'Remove the deadline.'],
  [
    /^MaxMemPerLimit$/,
    'never-starts',
    'it asks for more memory than the partition gives per CPU or node',
    'Ask for less memory or more CPUs.',
  ],
  [
    /^(ReservationDeleted|ReservationInvalid|RequiresReservation)$/,
    'never-starts',
    'the reservation is gone or missing',
    'Remove or correct the reservation.',
  ],
  [/^QOSMin/, 'never-starts', 'it asks for less than the QOS demands', 'Ask for more, or choose another QOS.'],
  [
    /^(QOS|Assoc)Max.*(PerJob|PerNode)(Limit)?$/,
    'never-starts',
    'it asks for more than your QOS or account gives to one job',
    askLessAdvice,
  ],
  [/^BurstBufferOperation$/, 'never-starts', 'its burst buffer failed', 'Remove the burst buffer request.'],

  [/^(QOS|Assoc)GrpSubmitJobs/, 'your-limit', 'your account or QOS takes no more jobs', shareOfSubmitsAdvice],
  [
    /^(QOS|Assoc)Grp(?!.*RunMinutes).*Minutes/,
    'your-limit',
    'the budget of minutes of your account or QOS does not cover it',
    budgetAdvice,
  ],
  [/^(QOSGrp|AssocGrp)/, 'your-limit', 'your group or QOS uses all it may', shareAdvice],
  [/^(QOSMax|AssocMax|Max\w+PerAccount$)/, 'your-limit', 'you use all you may at a time', limitAdvice],
  [
    /^(Association(Job|Resource|Time)Limit|QOS(Job|Resource|Time)Limit|QOSUsageThreshold|AccountingPolicy)$/,
    'your-limit',
    'your account or QOS has reached a limit',
    limitAdvice,
  ],

  [
    /^(PartitionDown|PartitionInactive)$/,
    'site',
    'the partition is closed',
    'Choose another partition, or wait for the site.',
  ],
  [
    /^(ReqNodeNotAvail|NodeDown|FrontEndDown|Nodes required for job are)/,
    'site',
    'nodes it needs are down, drained or reserved (maintenance?)',
    'Choose other nodes or a shorter time limit, or wait for the site (sinfo -R).',
  ],
  [/^SystemFailure$/, 'site', 'a failure of the Slurm system', 'Tell the site.'],
];

export function classifyPendingReason(reason: string): PendingReason {
  const raw = reason.trim().replace(/^\((.*)\)$/, '$1') || 'None';
  const code = raw.split(',')[0]?.trim() ?? raw;
  const rule = rules.find(([pattern]) => pattern.test(code)) ?? rules.find(([pattern]) => pattern.test(raw));
  if (!rule) return { kind: 'waiting', text: raw, advice: '' };
  const [, kind, meaning, advice] = rule;
  return { kind, text: `${meaning} (${raw})`, advice };
}
