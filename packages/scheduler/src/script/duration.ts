// Slurm's time limits between text and minutes (sbatch(1), --time). Does not know calendar times.

const unlimited = new Set(['UNLIMITED', 'INFINITE']);

/**
 * Minutes from `m`, `m:s`, `h:m:s`, `d-h`, `d-h:m`, `d-h:m:s`; Infinity for UNLIMITED; undefined for anything else
 * (`N/A`, `INVALID`, `Partition_Limit`, …). Seconds become fractions of a minute.
 */
export function parseSlurmDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (unlimited.has(trimmed.toUpperCase())) return Number.POSITIVE_INFINITY;
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(trimmed);
  if (!match) return undefined;
  const [first, second, third] = [Number(match[2]), Number(match[3] ?? 0), Number(match[4] ?? 0)];
  if (match[1] !== undefined) return Number(match[1]) * 1440 + first * 60 + second + third / 60;
  if (match[4] !== undefined) return first * 60 + second + third / 60;
  return first + second / 60;
}

/** `[d-]hh:mm:ss`, the one form no Slurm reads differently; UNLIMITED for Infinity. Rounds up to whole seconds. */
export function formatSlurmDuration(minutes: number): string {
  if (minutes === Number.POSITIVE_INFINITY) return 'UNLIMITED';
  if (!(minutes >= 0)) throw new RangeError(`cannot write a Slurm duration because it is not a length: got ${minutes}`);
  const total = Math.ceil(Number((minutes * 60).toFixed(3)));
  const days = Math.floor(total / 86_400);
  const clock = [Math.floor((total % 86_400) / 3600), Math.floor((total % 3600) / 60), total % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  return days > 0 ? `${days}-${clock}` : clock;
}
