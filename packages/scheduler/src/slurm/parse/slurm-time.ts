// A point in time as Slurm prints it. We ask for epoch seconds (SLURM_TIME_FORMAT=%s, squeue(1)); text without a zone is
// the cluster's local time and can only be read when its offset from UTC is known.

/**
 * Milliseconds since the epoch; undefined for `N/A`, `Unknown`, `None`, `(null)` and the like.
 * `utcOffsetMinutes` is the cluster's own (`date +%z`), used for times without a zone only. Default 0.
 */
export function parseSlurmTime(text: string, utcOffsetMinutes = 0): number | undefined {
  const trimmed = text.trim();
  if (/^\d{9,11}$/.test(trimmed)) return Number(trimmed) * 1000;
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:?\d\d)?$/.exec(trimmed);
  if (!match) return undefined;
  if (match[2] !== undefined)
    return orUndefined(Date.parse(match[1] + match[2].replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')));
  return orUndefined(Date.parse(`${match[1]}Z`) - utcOffsetMinutes * 60_000);
}

/** `none`: the job has no time limit. */
export type EndTime = number | 'none';

/**
 * The end in `squeue -h -j ID -o %e`, or in any output whose last line is one time (with `-M` the cluster is named before
 * it). Undefined for what tells nothing: `N/A` of a job that does not run, `Unknown`, an error.
 */
export function parseEndTime(stdout: string, utcOffsetMinutes = 0): EndTime | undefined {
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return last.trim() === 'NONE' ? 'none' : parseSlurmTime(last, utcOffsetMinutes);
}

function orUndefined(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : ms;
}
