// Runs a script where a job's would run: after the cluster's environment and prologue, in a login shell (as Slurm's --export=NONE makes one).

import { shellQuote } from '@fairlead/kit';

import { type Answers, parseAnswers } from '../ask-host.ts';
import type { Inspection } from '../inspection.ts';

export async function runPrologue(
  inspection: Inspection,
  script: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ answers: Answers; stderr: string }> {
  const { config } = await inspection.login.cluster();
  const text = [
    ...Object.entries(config.env ?? {}).map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    `trap 'echo "fl_failed=$BASH_COMMAND"' ERR`,
    ...(config.prologue ?? []),
    'trap - ERR',
    `LC_ALL=C sh -c ${shellQuote(script)} sh "$@"`,
  ].join('\n');
  const host = await inspection.login.host();
  const { stdout, stderr } = await host.runner.run(['bash', '-lc', text, 'bash', ...args], {
    timeoutMs: 80_000,
    signal,
  });
  return { answers: parseAnswers(stdout), stderr };
}
