// Reads the job's end and the site's KillWait from Slurm's text. Pure.

/** `squeue -h -o %e` under SLURM_TIME_FORMAT=%s: seconds. Older ones ignore it and print local ISO time; `N/A` is none. */
export function parseEndTime(text: string): number | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  // With -M the cluster is named first.
  const word = lines.find((line) => line !== '' && !line.startsWith('CLUSTER:')) ?? '';
  if (/^\d{9,11}$/.test(word)) return Number(word) * 1000;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(word)) return new Date(word).getTime();
  return undefined;
}

/** From `scontrol show config`: `KillWait                = 30 sec`. */
export function parseKillWait(text: string): number | undefined {
  const match = /^KillWait\s*=\s*(\d+)/m.exec(text);
  return match ? Number(match[1]) * 1000 : undefined;
}
