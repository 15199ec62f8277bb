// Reads the job's end and the site's KillWait from Slurm's text. Pure.

/** `none`: the job has no time limit. */
export type EndTime = number | 'none';

/**
 * `squeue -h -o %e` under SLURM_TIME_FORMAT=%s: seconds. Older ones ignore it and print local ISO time; `NONE` is a job
 * without a limit. Undefined for what tells nothing: `N/A` of a job that does not run, `Unknown`, an error.
 */
export function parseEndTime(text: string): EndTime | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  // With -M the cluster is named first.
  const word = lines.find((line) => line !== '' && !line.startsWith('CLUSTER:')) ?? '';
  if (/^\d{9,11}$/.test(word)) return Number(word) * 1000;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(word)) return new Date(word).getTime();
  if (/^none$/i.test(word)) return 'none';
  return undefined;
}

/** From `scontrol show config`: `KillWait                = 30 sec`. */
export function parseKillWait(text: string): number | undefined {
  const match = /^KillWait\s*=\s*(\d+)/m.exec(text);
  return match ? Number(match[1]) * 1000 : undefined;
}
