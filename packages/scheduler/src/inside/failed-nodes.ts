// Which nodes of a running job Slurm has lost, as srun writes it into the job's log. Pure.

import { expandHostList } from './expand-host-list.ts';

/** `SRUN_NODE_FAIL` of src/srun/libsrun/srun_job.c in Slurm. */
const nodeFailurePattern = /^srun: error: Node failure on (\S+)$/;

/** Each once, in the order of the log. */
export function failedNodesIn(log: readonly string[]): string[] {
  const lists = log.flatMap((line) => nodeFailurePattern.exec(line.trimEnd())?.[1] ?? []);
  return [...new Set(lists.flatMap((list) => expandHostList(list) ?? []))];
}
