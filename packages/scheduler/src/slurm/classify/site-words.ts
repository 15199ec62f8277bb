// What a site's submit filter or its own checks say, in sentences that no list can hold: sorted by what they speak of.
// Asked only where Slurm's verdict is generic or missing.

import { classifyPendingReason } from './pending-reason.ts';
import type { SubmitRule } from './submit-rules.ts';

const doAs = 'Do as the site says';

const time =
  /\b(time|wall ?-?time|wall ?-?clock|run-?time|duration)\b|\d+\s*-?\s*(h|hours?|days?|minutes?)\b|\b\d+:\d\d(:\d\d)?\b/i;
const bound = /limit|max|exceed|at most|allow|longer|less than|up to|more than|within|requir|specif|must/i;

/** The first match counts. */
const siteRules: readonly SubmitRule[] = [
  [
    /too many [^.;]*\bjobs?\b|number of [^.;]*\bjobs\b|simultaneous jobs|\bjobs? limits?\b|\bjobs? at (a|the same|one) time|jobs per user/i,
    'quota',
    'quota_exceeded',
    'It works when jobs of yours end: stop one, or choose another partition, QOS or account.',
  ],
  [
    /quota.*(disk|file ?system|\/|home|scratch|inode|files)|(disk|file ?system|home|scratch|inode|files?)\b.*\bquota/i,
    'never-retry',
    'plugin_refused',
    'A quota for files is used up there: remove files, or ask for more room.',
  ],
  [
    /\ballocations?\b|\bbalance\b|\bbudget\b|\bcredits?\b|\bSUs?\b|service units|(core|node|gpu|cpu)[ -]?hours/i,
    'never-retry',
    'account_invalid',
    'What the account may charge to is used up, expired or not named: set slurm.account to another one, or ask for more.',
  ],
  [
    /\b(account|project)\b/i,
    'never-retry',
    'account_invalid',
    `${doAs}: set slurm.account (sacctmgr -nP show assoc user=$USER lists yours).`,
  ],
  [/\bqos\b/i, 'never-retry', 'qos_invalid', `${doAs}: set slurm.qos.`],
  [
    /\b(access|available|permitted|allowed)\b[^.;]*\b(partition|queue)\b/i,
    'never-retry',
    'partition_invalid',
    `${doAs}: set slurm.partition.`,
  ],
  [
    /\b(gpus?|gres)\b/i,
    'never-retry',
    'gres_invalid',
    `${doAs}: set gpu.type, gpu.request or --gpus, or another partition.`,
  ],
  [/\b(partition|queue)\b/i, 'never-retry', 'partition_invalid', `${doAs}: set slurm.partition.`],
  [/\bmem(ory)?\b/i, 'never-retry', 'memory_invalid', `${doAs}: set slurm.mem.`],
];

const timeRule: SubmitRule = [
  time,
  'never-retry',
  'time_limit_invalid',
  'Waiting does not help: ask for the time that the site allows (--time, slurm.time), or choose another partition or QOS.',
];

export function judgeSiteWords(details: readonly string[]): SubmitRule | undefined {
  const text = details.join('\n');
  const reason = details.flatMap((line) => /\b(QOS|Assoc|Max|Partition)[A-Z]\w+/.exec(line)?.[0] ?? [])[0];
  if (reason !== undefined) return ruleOf(reason);
  const [jobs, disk, charge, ...others] = siteRules;
  for (const rule of [jobs, disk, charge]) if (rule?.[0].test(text)) return rule;
  if (details.some((line) => time.test(line) && bound.test(line))) return timeRule;
  return others.find(([pattern]) => pattern.test(text));
}

/** A limit of Slurm's own, called by its name: some are free again when jobs end, some never let this job in. */
function ruleOf(reason: string): SubmitRule | undefined {
  const { kind, text, advice } = classifyPendingReason(reason);
  if (kind === 'your-limit') {
    const own = 'stop a job, ask for less (time, GPUs, nodes), or choose another QOS or account.';
    return [/^/, 'quota', 'quota_exceeded', `${text}: ${/Grp/.test(reason) ? advice : own}`];
  }
  if (kind !== 'never-starts') return undefined;
  if (/Wall|Time/.test(reason)) return timeRule;
  return [/^/, 'never-retry', 'policy_refused', `Waiting does not help: ${text}. ${advice}`];
}
