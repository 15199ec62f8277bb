// Reads `sacct -X -n -P --format=SACCT_FORMAT`.

import { parseExitCode, type SlurmExitCode } from './exit-code.ts';
import { parseSlurmTime } from './slurm-time.ts';
import { splitRow } from './split-row.ts';

/** The reason and the job's name may hold a `|`: see splitRow. */
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
    const split = splitRow(line, 4);
    const [nodes = '', partition, ...name] = split?.after ?? [];
    if (!split || partition === undefined || name.length === 0) return [];
    const [jobId = '', state = '', exit = '', ...words] = split.before;
    const reason = words.join('|');
    if (!/^\d+$/.test(jobId)) return [];
    const row: SacctRow = { jobId, state, partition, name: name.join('|') };
    const exitCode = parseExitCode(exit);
    if (exitCode) row.exitCode = exitCode;
    if (reason !== '' && reason !== 'None') row.reason = reason;
    if (nodes !== '' && nodes !== 'None assigned') row.nodes = nodes;
    for (const [at, key] of (['startMs', 'endMs', 'submitMs'] as const).entries()) {
      const ms = parseSlurmTime(split.times[at] ?? '', utcOffsetMinutes);
      if (ms !== undefined) row[key] = ms;
    }
    return [row];
  });
}
