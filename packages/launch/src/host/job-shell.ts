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
  { env = {}, prologue = [], paths }: Pick<ClusterConfig, 'env' | 'prologue' | 'paths'>,
  { script, args, env: more = {} }: JobShellScript,
): string[] {
  const text = [
    ...Object.entries({ ...env, ...more }).map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    `trap 'echo "fl_failed=$BASH_COMMAND"' ERR`,
    ...prologue,
    'trap - ERR',
    ...(paths?.cache === undefined ? [] : [modelsBelow(paths.cache)]),
    script,
  ].join('\n');
  return ['bash', '-lc', text, 'bash', ...args];
}

/** As the agent does for the engine: `placeCaches` in packages/engines. */
function modelsBelow(cache: string): string {
  const quoted = cache.startsWith('~/') ? `"$HOME"/${shellQuote(cache.slice(2))}` : shellQuote(cache);
  return `[ -n "$HF_HOME" ] || export HF_HOME=${quoted}/huggingface`;
}
