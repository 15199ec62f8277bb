// Whether the job will be able to use the token file of its cluster: asked on the login host before anything is queued.

import { CodedError } from '@fairlead/kit';

import type { Host } from '../host/host.ts';
import type { LaunchErrorCode } from '../launch-error.ts';

/** Says `ready`, or the reason. Of a directory that only compute nodes have it says nothing. */
const script = `if [ -f "$1" ] && [ -r "$1" ]; then
  case $(ls -ldL "$1") in ????------*) echo ready;; *) echo open;; esac
elif [ -f "$1" ]; then echo unreadable
elif [ -e "$1" ]; then echo irregular
elif [ -d "$(dirname "$1")" ]; then echo missing; fi`;
const askTimeoutMs = 30_000;

const make = (path: string) => `Put the token there (chmod 600 ${path}), or correct tokenFile of the cluster.`;

const problems: Readonly<Record<string, { why: string; hint: (path: string) => string }>> = {
  missing: { why: 'it is not there', hint: make },
  irregular: { why: 'it is no regular file', hint: make },
  unreadable: { why: 'your account may not read it', hint: (path) => `Run there: ls -l ${path}` },
  open: { why: 'others may read it or write it', hint: (path) => `Run there: chmod 600 ${path}` },
};

/** Throws `config_invalid` for a file that the agent would refuse. */
export async function checkTokenFile(
  path: string,
  host: Pick<Host, 'runner' | 'label'>,
  signal: AbortSignal,
): Promise<void> {
  const { stdout } = await host.runner.run(['sh', '-c', script, 'sh', path], { timeoutMs: askTimeoutMs, signal });
  const problem = problems[stdout.trim()];
  if (!problem) return;
  throw new CodedError<LaunchErrorCode>(
    'config_invalid',
    `cannot deploy because of the tokenFile ${path}: ${problem.why} on ${host.label}`,
    { hint: problem.hint(path) },
  );
}
