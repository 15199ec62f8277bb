// Holds the account and the QOS that jobs would use against what accounting gives this user, and the partition takes. Pure.

import {
  type Association,
  type AssociationList,
  formatSlurmDuration,
  type PartitionRules,
  type QosLimits,
  type SlurmConfig,
} from '@fairlead/scheduler';

import { fail, type Finding, passed, warn } from '../check.ts';
import type { WantedJob } from './wanted-job.ts';

export interface AccountFacts {
  accounts: AssociationList;
  qosLimits: readonly QosLimits[];
  config: SlurmConfig;
  rules: readonly PartitionRules[];
  /** The partition that would be used. */
  partition: string | undefined;
}

export function judgeAccount({ account }: Pick<WantedJob, 'account'>, facts: AccountFacts): Finding {
  const { config, partition } = facts;
  const associations = listOf(facts);
  if (!associations) return withoutList({ kind: 'account', value: account }, facts);
  const usable = associations.filter((one) => one.partition === undefined || one.partition === partition);
  const names = unique(usable.map((one) => one.account));
  const on = partition ? ` on ${partition}` : '';
  const isEnforced = config.enforced.length > 0;
  if (account === undefined && names.length === 0) {
    if (!isEnforced) return passed('none is set; yours: none needed');
    return fail(`this account may charge to nothing${on}`, 'Ask the site for an account (project).');
  }
  const rule = facts.rules.find(({ name }) => name === partition);
  const todo = accountAdvice(names, rule);
  if (account !== undefined && !names.includes(account.toLowerCase())) {
    const found = `${account} is no account of yours${on}`;
    return fail(isEnforced ? found : `${found} (Slurm takes it all the same here)`, todo);
  }
  const used = account ?? usable.find((one) => one.isDefault)?.account;
  const who = account ?? `your default account ${used}`;
  const refusal = used === undefined ? undefined : accountRefusal(used, rule);
  if (refusal !== undefined && mayBeBelow(facts, rule))
    return warn(`${refusal}, not ${who}: this Slurm takes it only if it is below one of these`, todo);
  if (refusal !== undefined)
    return fail(`${refusal}, not ${who}: Slurm refuses its jobs, or lets them wait for ever`, todo);
  if (account !== undefined) return passed(`${account}; yours: ${names.join(', ')}`);
  return passed(`none is set; yours: ${names.map((name) => (name === used ? `${name} (default)` : name)).join(', ')}`);
}

function accountRefusal(account: string, rule: PartitionRules | undefined): string | undefined {
  if (rule?.allowAccounts && !has(rule.allowAccounts, account))
    return `partition ${rule.name} takes only ${rule.allowAccounts.join(', ')}`;
  if (!rule?.allowAccounts && has(rule?.denyAccounts ?? [], account)) return `partition ${rule?.name} takes all others`;
  return undefined;
}

/** In newer Slurms a partition's list counts for the accounts below a listed one too (scontrol(1), AllowAccounts); not in 22.05. */
function mayBeBelow({ config }: AccountFacts, rule: PartitionRules | undefined): boolean {
  return rule?.allowAccounts !== undefined && Number.parseInt(config.version ?? '', 10) >= 24;
}

function accountAdvice(names: readonly string[], rule: PartitionRules | undefined): string {
  const open = names.filter((name) => accountRefusal(name, rule) === undefined);
  if (open.length > 0) return `Set slurm.account to one of: ${open.join(', ')}.`;
  if (names.length > 0)
    return `None of your accounts (${names.join(', ')}) may be used there: set another slurm.partition.`;
  return 'You have no account here: ask the site.';
}

export function judgeQos(
  wanted: Pick<WantedJob, 'qos' | 'account' | 'plan' | 'timeFrom'>,
  facts: AccountFacts,
): Finding {
  const { qos, account } = wanted;
  const associations = listOf(facts);
  if (!associations) return withoutList({ kind: 'QOS', value: qos }, facts);
  const charged = chargedBy(account, associations);
  const names = unique(charged.flatMap((one) => one.qos));
  const yours = names.map((name) => qosWords(name, facts.qosLimits)).join(', ') || 'the default';
  if (qos !== undefined && !has(names, qos))
    return fail(`${qos} is no QOS of yours`, `Set slurm.qos to one of: ${names.join(', ') || 'none; remove it'}.`);
  const used = (qos ?? charged[0]?.defaultQos)?.toLowerCase();
  const who = qos ?? `your default QOS ${used}`;
  const rule = facts.rules.find(({ name }) => name === facts.partition);
  if (used !== undefined && rule?.allowQos && !has(rule.allowQos, used))
    return fail(
      `partition ${rule.name} takes only the QOS ${rule.allowQos.join(', ')}, not ${who}`,
      qosAdvice(names.filter((name) => has(rule.allowQos ?? [], name))),
    );
  const most = facts.qosLimits.find(({ name }) => name === used)?.maxMinutes;
  if (most !== undefined && wanted.plan.timeMinutes > most)
    return fail(
      `jobs would ask for ${formatSlurmDuration(wanted.plan.timeMinutes)} (${wanted.timeFrom}), and ${who} gives a job ${formatSlurmDuration(most)}: Slurm refuses them, or lets them wait for ever`,
      `Set slurm.time to ${formatSlurmDuration(most)} or less, give --time at each deploy, or set another slurm.qos.`,
    );
  return passed(`${qos ?? 'none is set'}; yours: ${yours}`);
}

function qosAdvice(open: readonly string[]): string {
  return open.length > 0 ? `Set slurm.qos to one of: ${open.join(', ')}.` : 'Set another slurm.partition.';
}

/** The associations that jobs would be charged to: the account's, else the default one, else any. */
function chargedBy(account: string | undefined, associations: readonly Association[]): readonly Association[] {
  if (account !== undefined) return associations.filter((one) => one.account === account.toLowerCase());
  const byDefault = associations.filter((one) => one.isDefault);
  return byDefault.length > 0 ? byDefault : associations;
}

/** `tiny (up to 00:10:00)`. */
function qosWords(name: string, limits: readonly QosLimits[]): string {
  const { maxMinutes, maxJobs, maxSubmitted } = limits.find((one) => one.name === name) ?? {};
  const words = [
    maxMinutes === undefined ? '' : `up to ${formatSlurmDuration(maxMinutes)}`,
    maxJobs === undefined ? '' : `${jobs(maxJobs)} of yours at a time`,
    maxSubmitted === undefined ? '' : `${jobs(maxSubmitted)} of yours in the queue`,
  ].filter((word) => word !== '');
  return words.length > 0 ? `${name} (${words.join(', ')})` : name;
}

function jobs(count: number): string {
  return count === 1 ? '1 job' : `${count} jobs`;
}

/** Undefined where there is no list to hold a name against: the site keeps none, or none could be read. */
function listOf({ accounts, config }: AccountFacts): readonly Association[] | undefined {
  if (!accounts.ok) return undefined;
  return accounts.associations.length === 0 && !config.hasAccounting ? undefined : accounts.associations;
}

/** A list that could not be read proves nothing. */
function withoutList(
  { kind, value }: { kind: 'account' | 'QOS'; value: string | undefined },
  facts: AccountFacts,
): Finding {
  const setting = `slurm.${kind.toLowerCase()}`;
  const plural = kind === 'account' ? 'accounts' : 'QOS';
  if (facts.config.hasAccounting)
    return warn(
      `your ${plural} could not be read${facts.accounts.ok ? '' : `: ${facts.accounts.words}`}`,
      `Slurm takes jobs all the same; whether ${value === undefined ? 'they need' : `${value} is right for`} ${setting} cannot be told now. Tell the site if this lasts.`,
    );
  if (value === undefined) return passed(`this cluster keeps no ${plural}, and none is set`);
  return warn(
    `${setting} is ${value}, and this cluster keeps no ${plural} that could be looked at`,
    `If jobs are refused for it, remove ${setting}.`,
  );
}

/** Slurm stores these names in lower case and compares them without case. */
function has(names: readonly string[], name: string): boolean {
  return names.some((each) => each.toLowerCase() === name.toLowerCase());
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
