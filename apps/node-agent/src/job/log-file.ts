// The names of the log files in a job's directory: each node of a job over several nodes has its own.

import type { LogSource } from '@fairlead/protocol';

/** `job`: what all tasks of the job print, which is one file. */
export function logFileOf(source: LogSource, { nodes, rank }: { nodes: number; rank: number }): string {
  return nodes === 1 || source === 'job' ? `${source}.log` : `${source}.${rank}.log`;
}
