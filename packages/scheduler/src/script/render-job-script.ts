// Decides the text of a job script: directives, prologue, the runtime by architecture, and an `exec` at the end so that
// Slurm's signals reach the program and not a shell. Values are quoted; what cannot be quoted is refused by field.

import { namesSecret, shellJoin, shellQuote } from '@fairlead/kit';
import { schedulerError } from '../scheduler-error.ts';
import { type Directive, formatDirective } from './directive-line.ts';
import { bendDirectives, listDirectives, type SbatchDirectives, type SiteBend } from './sbatch-directives.ts';

export interface JobScriptPlan extends SiteBend {
  jobName: string;
  /** What the script becomes. With a runtime: the arguments of Node. */
  command: readonly string[];
  /** Stands before the command in the `exec`, such as `srun --kill-on-bad-exit=1` over several nodes. */
  launcher?: readonly string[];
  directives: SbatchDirectives;
  /** Raw directives after all others: `#SBATCH --x=y` or `--x=y`, in sbatch's own quoting. */
  raw?: readonly string[];
  /** Raw shell lines before the command, for modules and environments. */
  prologue?: readonly string[];
  /** Never a secret: the script is stored by Slurm and read by its operators. */
  env?: Readonly<Record<string, string>>;
  /** A file name pattern: `%j` is the job id, `%%` a percent sign (see escapeFilenamePattern). */
  stdoutPath: string;
  workDir: string;
  /** The Node that runs the command; without it the command's first word is the program. */
  runtime?: JobRuntime;
}

export type JobRuntime = { nodePath: string } | { perArch: { x86_64?: string; aarch64?: string } };

export function renderJobScript(plan: JobScriptPlan): string {
  refuseBadValues(plan);
  const fixed: Directive[] = [
    { name: 'job-name', value: plan.jobName },
    { name: 'output', value: plan.stdoutPath },
    { name: 'open-mode', value: 'append' },
    { name: 'chdir', value: plan.workDir },
    { name: 'export', value: 'NONE' },
  ];
  const directives = bendDirectives(listDirectives(fixed, plan.directives), plan);
  return [
    '#!/bin/bash',
    ...directives.map(formatDirective),
    ...(plan.raw ?? []).map((line) => (line.startsWith('#SBATCH') ? line : `#SBATCH ${line}`)),
    '',
    "# Slurm's warning must not end the script before the program listens for it.",
    "trap '' USR1 USR2",
    'umask 077',
    '# A core would hold every secret of the job, and gigabytes.',
    'ulimit -S -c 0',
    ...Object.entries(plan.env ?? {}).map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    // --export=NONE would be inherited by srun and leave its tasks without an environment (srun(1)).
    ...(plan.launcher ? ['export SLURM_EXPORT_ENV=ALL'] : []),
    ...prologueLines(plan),
    'unset NODE_OPTIONS',
    ...runtimeLines(plan.runtime),
    execLine(plan),
    '',
  ].join('\n');
}

/** The program finds it in its environment if a line of the prologue failed, and runs to say so: it alone can tell the user. */
export const prologueFailure = 'FAIRLEAD_PROLOGUE_FAILED';

/** How the script's own line about it begins, in the job's log. */
export const prologueFailureLine = 'fairlead: this line of the prologue failed on ';

/**
 * The first line that fails ends the prologue, by the rules of `set -e`; so does one that ends the shell. What fails inside a
 * sourced file does not, unless `source` itself fails. Bash's own name of the failed command would be a line of a shell function,
 * such as Lmod's `module`, so the line is read from the script.
 */
function prologueLines(plan: JobScriptPlan): string[] {
  const { prologue = [] } = plan;
  if (prologue.length === 0) return [];
  return [
    'fairlead_failed() {',
    '  trap - ERR EXIT',
    // A signal that ends the shell is no failure of a line.
    '  [ "$1" -le 128 ] || exit "$1"',
    '  fairlead_line=$(sed -n "$2p" "$0" 2>/dev/null)',
    `  export ${prologueFailure}="$1 \${fairlead_line:-$3}"`,
    `  echo "${prologueFailureLine}$(uname -n) with exit code $1: \${fairlead_line:-$3}" >&2`,
    '  unset NODE_OPTIONS',
    ...[...runtimeLines(plan.runtime), execLine(plan)].map((line) => `  ${line}`),
    '}',
    `trap 'fairlead_code=$?; [ "\${#BASH_SOURCE[@]}" -gt 1 ] || fairlead_failed "$fairlead_code" "$LINENO" "$BASH_COMMAND"' ERR`,
    // Here LINENO is not the line of what ended the shell.
    `trap 'fairlead_failed "$?" 0 "$BASH_COMMAND"' EXIT`,
    ...prologue,
    'trap - ERR EXIT',
    'unset -f fairlead_failed',
  ];
}

function execLine({ launcher = [], runtime, command }: JobScriptPlan): string {
  const before = launcher.length > 0 ? `${shellJoin(launcher)} ` : '';
  return `exec ${before}${runtime ? '"$fairlead_node" ' : ''}${shellJoin(command)}`;
}

function runtimeLines(runtime: JobRuntime | undefined): string[] {
  if (!runtime) return [];
  return [...pickNode(runtime), 'if [ ! -x "$fairlead_node" ]; then', ...complain('no Node at $fairlead_node'), 'fi'];
}

function pickNode(runtime: JobRuntime): string[] {
  if ('nodePath' in runtime) return [`fairlead_node=${shellQuote(runtime.nodePath)}`];
  const { x86_64, aarch64 } = runtime.perArch;
  return [
    'case "$(uname -m)" in',
    ...(x86_64 === undefined ? [] : [`x86_64|amd64) fairlead_node=${shellQuote(x86_64)} ;;`]),
    ...(aarch64 === undefined ? [] : [`aarch64|arm64) fairlead_node=${shellQuote(aarch64)} ;;`]),
    '*)',
    ...complain('no Node for the architecture $(uname -m)'),
    ';;',
    'esac',
  ];
}

function complain(what: string): string[] {
  return [`echo "fairlead: cannot start on $(uname -n) because there is ${what}" >&2`, 'exit 78'];
}

function refuseBadValues(plan: JobScriptPlan): void {
  for (const [field, value] of fieldsOf(plan)) {
    const found = value.includes('\0') ? 'a NUL' : /[\n\r]/.test(value) ? 'a line break' : undefined;
    if (found !== undefined) throw refusal(field, `contains ${found}`, 'Write it on one line.');
  }
  for (const name of [...(plan.omit ?? []), ...Object.keys(plan.override ?? {})]) {
    if (!/^[a-z][a-z0-9-]*$/.test(name)) {
      throw refusal(`option ${JSON.stringify(name)}`, 'is no name of an sbatch option', 'Write it as in --name.');
    }
  }
  for (const [at, line] of (plan.raw ?? []).entries()) {
    if (!/^(#SBATCH\s|--)/.test(line)) {
      throw refusal(`raw[${at}]`, 'is no directive', 'Begin it with "#SBATCH " or "--".');
    }
  }
  if (plan.stdoutPath.includes('\\')) {
    throw refusal('stdoutPath', 'contains a backslash, which turns off %j', 'Choose another directory.');
  }
  if (plan.command.length === 0) throw refusal('command', 'is empty', 'Name the program.');
  for (const name of Object.keys(plan.env ?? {})) refuseEnvName(name);
}

function refuseEnvName(name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw refusal(`env ${JSON.stringify(name)}`, 'is no name of a variable', 'Use letters, digits and _.');
  }
  if (namesSecret(name)) {
    throw schedulerError(
      'secret_in_script',
      `cannot write the job script because env.${name} looks like a secret, and Slurm keeps scripts readable`,
      { hint: 'Put it into a 0600 file on the cluster and name the file.' },
    );
  }
}

function* fieldsOf(plan: JobScriptPlan): Generator<[string, string]> {
  const single = { jobName: plan.jobName, stdoutPath: plan.stdoutPath, workDir: plan.workDir };
  const runtime = !plan.runtime ? {} : 'nodePath' in plan.runtime ? plan.runtime : plan.runtime.perArch;
  for (const [name, value] of Object.entries(single)) yield [name, value];
  for (const [name, value] of Object.entries(runtime)) if (value !== undefined) yield [`runtime.${name}`, value];
  for (const [name, value] of Object.entries(plan.directives)) {
    if (typeof value === 'string') yield [`directives.${name}`, value];
  }
  if (plan.directives.gpus?.type !== undefined) yield ['directives.gpus.type', plan.directives.gpus.type];
  for (const [name, value] of Object.entries(plan.override ?? {})) yield [`override.${name}`, value];
  for (const [name, value] of Object.entries(plan.env ?? {})) yield [`env.${name}`, value];
  for (const list of ['command', 'launcher', 'raw', 'prologue'] as const) {
    for (const [at, value] of (plan[list] ?? []).entries()) yield [`${list}[${at}]`, value];
  }
}

function refusal(field: string, why: string, hint: string): Error {
  return schedulerError('value_refused', `cannot write the job script because ${field} ${why}`, { hint });
}
