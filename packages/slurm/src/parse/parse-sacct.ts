// Reads `sacct -X -n -P --format=SACCT_FORMAT`.

import { parseExitCode, type SlurmExitCode } from './exit-code.ts';
import { parseSlurmTime } from './slurm-time.ts';

/** The job's name last: it is the one field that may hold a `|`. */
export const sacctFormat = 'JobIDRaw,State,ExitCode,Reason,Start,End,Submit,NodeList,Partition,JobName';

export interface SacctRow {
  jobId: string;
  /** With its suffix: `CANCELLED by 20001`. */
  state: string;
  exitCode?: SlurmExitCode;
  reason?: string;
  startMs?: number;
  endMs?: number;
  submitMs?: number;
  nodes?: string;
  partition: string;
  name: string;
}

export function parseSacct(stdout: string, utcOffsetMinutes = 0): SacctRow[] {
  return stdout.split('\n').flatMap((line) => {
    const [jobId = '', state = '', exit = '', reason = '', start = '', end = '', submit = '', nodes = '', ...rest] =
      line.split('|');
    const [partition, ...name] = rest;
    if (!/^\d+$/.test(jobId) || partition === undefined || name.length === 0) return [];
    const row: SacctRow = { jobId, state, partition, name: name.join('|') };
    const exitCode = parseExitCode(exit);
    if (exitCode) row.exitCode = exitCode;
    if (reason !== '' && reason !== 'None') row.reason = reason;
    if (nodes !== '' && nodes !== 'None assigned') row.nodes = nodes;
    const times = { startMs: start, endMs: end, submitMs: submit };
    for (const [key, text] of Object.entries(times) as Array<[keyof typeof times, string]>) {
      const ms = parseSlurmTime(text, utcOffsetMinutes);
      if (ms !== undefined) row[key] = ms;
    }
    return [row];
  });
}
