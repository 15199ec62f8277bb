// Runs a sweep on a host and reads what it says.

import { CodedError } from '@fairlead/kit';

import type { CliErrorCode } from '../cli-error.ts';
import type { Host } from '@fairlead/launch';

export interface Swept {
  host: string;
  path: string;
  /** `failed`: a whole part that could not be done, named by `path`. */
  kind: 'removed' | 'left' | 'failed';
  why?: string;
}

export type SweepMode = 'list' | 'remove';

export async function sweepHost(host: Host, script: string, args: readonly [SweepMode, ...string[]]): Promise<Swept[]> {
  const { code, stdout, stderr } = await host.runner.run(['sh', '-c', script, 'sh', ...args]);
  if (code === 0) return parseSwept(stdout, host.label);
  throw new CodedError<CliErrorCode>(
    'remote_unfit',
    `cannot clean up on ${host.label}: ${stderr.trim() || `exit ${code}`}`,
    {
      hint: 'Run `fairlead uninstall` again: it goes on where it was.',
    },
  );
}

/** Pure. */
export function parseSwept(text: string, host: string): Swept[] {
  return text.split('\n').flatMap((line) => {
    const [kind, path = '', why = ''] = line.split('\t');
    if (kind !== 'removed' && kind !== 'left') return [];
    return [{ host, path, kind, ...(why === '' ? {} : { why }) }];
  });
}

/** What was left by one part and removed by a later one is not left. */
export function stillLeft(swept: readonly Swept[]): Swept[] {
  const removed = new Set(swept.filter(({ kind }) => kind === 'removed').map(({ path }) => path));
  const left = swept.filter(({ kind, path }) => kind === 'left' && !removed.has(path));
  return left.filter(({ path }, index) => left.findIndex((other) => other.path === path) === index);
}
