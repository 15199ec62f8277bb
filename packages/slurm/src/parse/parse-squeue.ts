// Reads `squeue -h -o SQUEUE_FORMAT`. Lines that are no job's (a login's greeting, `CLUSTER: x`) are passed over.

import { parseSlurmTime } from './slurm-time.ts';

/** Fields that hold neither `|` nor a line break come first, the job's name last. */
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
    const [jobId = '', state = '', reason = '', nodes = '', start = '', end = '', submit = '', partition, ...name] =
      line.split('|');
    if (!/^\d+(_\S+|\+\d+)?$/.test(jobId) || partition === undefined || name.length === 0) return [];
    const times = { startMs: start, endMs: end, submitMs: submit };
    const row: SqueueRow = { jobId, state, partition, name: name.join('|') };
    if (present(reason) && reason !== 'None') row.reason = reason;
    if (present(nodes)) row.nodes = nodes;
    for (const [key, text] of Object.entries(times) as Array<[keyof typeof times, string]>) {
      const ms = parseSlurmTime(text, utcOffsetMinutes);
      if (ms !== undefined) row[key] = ms;
    }
    return [row];
  });
}

function present(text: string): boolean {
  return text !== '' && text !== '(null)' && text !== 'N/A';
}
