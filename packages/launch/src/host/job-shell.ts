// The argv of a script that runs where a job's would: in a login shell, after the cluster's environment and prologue. Pure.

import type { ClusterConfig } from '@fairlead/config';
import { shellQuote } from '@fairlead/kit';

export interface JobShellScript {
  /** Bash. A failing line of the prologue prints `fl_failed=<line>` before it begins. */
  script: string;
  args: readonly string[];
  /** Besides the cluster's; stronger. */
  env?: Readonly<Record<string, string>>;
}

export function jobShell(
  { env = {}, prologue = [] }: Pick<ClusterConfig, 'env' | 'prologue'>,
  { script, args, env: more = {} }: JobShellScript,
): string[] {
  const text = [
    ...Object.entries({ ...env, ...more }).map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    `trap 'echo "fl_failed=$BASH_COMMAND"' ERR`,
    ...prologue,
    'trap - ERR',
    script,
  ].join('\n');
  return ['bash', '-lc', text, 'bash', ...args];
}
