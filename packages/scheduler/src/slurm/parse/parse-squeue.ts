// Reads `squeue -h -o SQUEUE_FORMAT`. Lines that are no job's (a login's greeting, `CLUSTER: x`) are passed over.

import { parseSlurmTime } from './slurm-time.ts';
import { splitRow } from './split-row.ts';

/** The reason and the job's name may hold a `|` (words of the site, words of a user): see splitRow. */
export const squeueFormat = '%i|%T|%r|%N|%S|%e|%V|%P|%j';

export interface SqueueRow {
  jobId: string;
  state: string;
  /** `None` is left out. May hold commas and spaces. */
  reason?: string;
  /** A hostlist such as `node[1-2]`; missing while none is allocated. */
  nodes?: string;
  /** Of a pending job: the estimate. */
  startMs?: number;
  /** Of a running job: its deadline. */
  endMs?: number;
  submitMs?: number;
  partition: string;
  name: string;
}

export function parseSqueue(stdout: string, utcOffsetMinutes = 0): SqueueRow[] {
  return stdout.split('\n').flatMap((line) => {
    const split = splitRow(line, 4);
    const [partition, ...name] = split?.after ?? [];
    if (!split || partition === undefined || name.length === 0) return [];
    const [jobId = '', state = '', ...words] = split.before;
    const nodes = words.at(-1) ?? '';
    const reason = words.slice(0, -1).join('|');
    if (!/^\d+(_\S+|\+\d+)?$/.test(jobId)) return [];
    const row: SqueueRow = { jobId, state, partition, name: name.join('|') };
    if (present(reason) && reason !== 'None') row.reason = reason;
    if (present(nodes)) row.nodes = nodes;
    for (const [at, key] of (['startMs', 'endMs', 'submitMs'] as const).entries()) {
      const ms = parseSlurmTime(split.times[at] ?? '', utcOffsetMinutes);
      if (ms !== undefined) row[key] = ms;
    }
    return [row];
  });
}

function present(text: string): boolean {
  return text !== '' && text !== '(null)' && text !== 'N/A';
}
