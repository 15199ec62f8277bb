// Finds the jobs that a submission of this name has made, so that an answer that was lost is found again.

import type { Log } from '@fairlead/kit';
import { parseSacct } from './parse/parse-sacct.ts';
import { parseSqueue, type SqueueRow } from './parse/parse-squeue.ts';
import { commandFailure, type RunSlurm } from './run-slurm.ts';
import { sacctByNameCommand, sharedSqueueCommand, type SlurmSite, squeueByNameCommand } from './slurm-commands.ts';

export interface FindByName {
  run: RunSlurm;
  site: SlurmSite;
  log: Log;
}

/** In the order of submission, ended ones included for as long as the controller knows them. Rejects when it cannot tell. */
export async function findInQueue({ run, site }: FindByName, name: string, signal?: AbortSignal): Promise<string[]> {
  const { sharedQueue } = site;
  const argv = sharedQueue ? sharedSqueueCommand(site, sharedQueue) : squeueByNameCommand(site, name);
  const result = await run(argv, signal);
  if (result.code !== 0) throw commandFailure(`look for the job ${name}`, result);
  return inOrder(parseSqueue(result.stdout).filter((row) => row.name === name && !wasRefused(row)));
}

/** As findInQueue; where the queue knows nothing, accounting is asked too, which may be disabled. */
export async function findAnywhere(deps: FindByName, name: string, signal?: AbortSignal): Promise<string[]> {
  const queued = await findInQueue(deps, name, signal);
  if (queued.length > 0) return queued;
  const result = await deps.run(sacctByNameCommand(deps.site, name), signal);
  if (result.code !== 0) {
    deps.log.debug({ op: 'slurm.find', ok: false, error: { code: result.code } }, 'accounting does not answer');
    return [];
  }
  return inOrder(parseSacct(result.stdout).filter((row) => row.name === name && !wasRefused(row)));
}

/** sbatch fails with "node configuration is not available" and yet leaves a record (22.05): it never was a job. */
function wasRefused({ state, reason, nodes }: Pick<SqueueRow, 'state' | 'reason' | 'nodes'>): boolean {
  return state === 'FAILED' && reason === 'BadConstraints' && nodes === undefined;
}

function inOrder(rows: ReadonlyArray<{ jobId: string }>): string[] {
  return rows.map(({ jobId }) => jobId).sort((a, b) => Number(a) - Number(b));
}
