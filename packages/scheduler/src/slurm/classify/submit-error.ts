// Sorts what a failed sbatch says (src/common/slurm_errno.c, src/sbatch/) by whether trying again can help, and whether
// the job may exist all the same. Does not try anything.

import type { SchedulerErrorCode } from '../../scheduler-error.ts';
import { loudOnly, plain, type RefusalLines, refusalLines } from './refusal-lines.ts';
import { settingOf } from './shell-settings.ts';
import { judgeSiteWords } from './site-words.ts';
import { commandHint, localRules, submitRules, type SubmitErrorKind, type SubmitRule } from './submit-rules.ts';

export interface SubmitError {
  kind: SubmitErrorKind;
  code: SchedulerErrorCode;
  /** In Slurm's own words. */
  message: string;
  /** What to change. */
  hint: string;
}

export interface CommandOutcome {
  code: number | null;
  stdout: string;
  stderr: string;
  timedOut?: boolean;
}

export function classifySubmitError({ code, stdout, stderr, timedOut }: CommandOutcome): SubmitError {
  const lines = refusalLines(stdout, stderr);
  const message = messageOf(lines);
  if (timedOut || code === null) {
    const hint = 'The job may have been accepted: look for it by name.';
    return { kind: 'retry-after-lookup', code: 'answer_lost', message: message || 'sbatch gave no answer', hint };
  }
  const rule = judge(lines) ?? (code === 127 ? missing : unknown);
  return { kind: rule[1], code: rule[2], message: message || silence(code, rule), hint: hintOf(rule, lines) };
}

const aboutSettings: ReadonlySet<SchedulerErrorCode> = new Set([
  'account_invalid',
  'partition_invalid',
  'qos_invalid',
  'plugin_refused',
  'submit_refused',
  'policy_refused',
]);

const missing: SubmitRule = [/^/, 'never-retry', 'command_not_found', commandHint];
const unknown: SubmitRule = [
  /^/,
  'never-retry',
  'submit_refused',
  'Do as Slurm says; directives can be omitted, overridden or extended for each cluster.',
];

function silence(code: number, rule: SubmitRule): string {
  return rule === missing ? 'sbatch: command not found' : `sbatch ended with code ${code}`;
}

/** Slurm's verdict decides where it is exact; where it is generic, and where a site's own checks speak, the details do. */
function judge(lines: RefusalLines): SubmitRule | undefined {
  const { verdicts, details, isSiteCheck } = lines;
  const first = matchIn(localRules, [...details, ...verdicts]);
  if (first) return first;
  const exact = matchIn(submitRules, verdicts);
  if (exact && !isGeneric(verdicts)) return exact;
  const judged = isSiteCheck
    ? (judgeSiteWords(details) ?? matchIn(submitRules, details))
    : (matchIn(submitRules, details, exact) ?? (exact && judgeSiteWords(details)));
  // A filter that names itself has refused, whatever it speaks of: its sentence gives the advice.
  if (judged && details.some((line) => /\blua:/.test(line))) return [judged[0], judged[1], 'plugin_refused', judged[3]];
  return judged ?? exact ?? judgeSiteWords(details);
}

/** Verdicts that cover many causes: Slurm's "policy" and a submit filter that gives no code of its own. */
function isGeneric(verdicts: readonly string[]): boolean {
  return verdicts.some((line) => /Unspecified error|violates accounting\/QOS policy/i.test(line));
}

/** `below`: only rules that say more than this one. */
function matchIn(rules: readonly SubmitRule[], lines: readonly string[], below?: SubmitRule): SubmitRule | undefined {
  const joined = lines.join('\n');
  return rules.find((rule) => rule !== below && rule[0].test(joined));
}

/** The site's sentence before Slurm's verdict. */
function messageOf({ verdicts, details, isSiteCheck }: RefusalLines): string {
  const said = isSiteCheck || isGeneric(verdicts) ? details : loudOnly([...details, ...verdicts]);
  return [...new Set([...said, ...verdicts].map(plain))].join('; ').slice(0, 1000);
}

/** What a variable of the user's shell would have set, where the refusal may be about that. */
function hintOf([, kind, code, hint]: SubmitRule, { unset }: RefusalLines): string {
  const [variable] = unset;
  if (!variable || kind === 'retry-after-lookup' || !aboutSettings.has(code)) return hint;
  const setting = settingOf(variable.name);
  return `Your shell sets ${variable.name}=${variable.value}, which Fairlead does not use: set slurm.${setting}. ${hint}`;
}
