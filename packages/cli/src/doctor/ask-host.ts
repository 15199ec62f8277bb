// Asks a host by a small shell script that answers in `key=value` lines.

import { CodedError } from '@fairlead/kit';

import type { CliErrorCode } from '../cli-error.ts';
import type { Host } from '@fairlead/launch';

export type Answers = ReadonlyMap<string, string>;

export interface AskOptions {
  signal: AbortSignal;
  timeoutMs?: number;
}

/** The arguments are `$1`, `$2`, … of the script. A key that stands twice has its first value. */
export async function askHost(
  host: Host,
  script: string,
  args: readonly string[],
  { signal, timeoutMs = 30_000 }: AskOptions,
): Promise<Answers> {
  const result = await host.runner.run(['sh', '-c', `LC_ALL=C; export LC_ALL\n${script}`, 'sh', ...args], {
    timeoutMs,
    signal,
  });
  const answers = parseAnswers(result.stdout);
  if (result.code !== 0 && answers.size === 0) {
    throw new CodedError<CliErrorCode>(
      'remote_unfit',
      `a shell on ${host.label} failed: ${result.stderr.trim().slice(-300) || `exit ${result.code}`}`,
      { hint: `Log in to ${host.label} by hand and look why simple commands fail there.` },
    );
  }
  return answers;
}

export function parseAnswers(text: string): Answers {
  const answers = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    const key = line.slice(0, at);
    if (at > 0 && !answers.has(key)) answers.set(key, line.slice(at + 1).trim());
  }
  return answers;
}
