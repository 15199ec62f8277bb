// When a job that ends at a known time begins to drain: one rule for Slurm's `--signal`, for the agent's own alarm and for
// what a signal near the end means. Pure.

export interface DrainWindow {
  /** The drain begins. */
  fromMs: number;
  /** The job ends. */
  untilMs: number;
}

/** Slurm may send the signal of `--signal` up to 60 s before the time that was asked for (sbatch(1)). */
const maxSignalLeadMs = 60_000;

/** The drain gets the time that is wanted, and never more than a quarter of the job: a short job must serve, too. */
const maxFraction = 1 / 4;

/** All in milliseconds; `start` and `end` on the same clock. */
export function drainWindow(startMs: number, endMs: number, wantedMs: number): DrainWindow {
  const longestMs = Math.max(0, endMs - startMs) * maxFraction;
  return { fromMs: endMs - Math.min(wantedMs, longestMs), untilMs: endMs };
}

/** For `--signal`: whole seconds ahead of the end, 1 at least. */
export function warningSeconds(limitMs: number, wantedMs: number): number {
  const { fromMs, untilMs } = drainWindow(0, limitMs, wantedMs);
  return Math.max(1, Math.floor((untilMs - fromMs) / 1000));
}

/** `early`: the scheduler's warning of this end, sent before the drain is due. `due`: in the window or after it. */
export function placeSignal({ fromMs }: DrainWindow, atMs: number): 'unrelated' | 'early' | 'due' {
  if (atMs >= fromMs) return 'due';
  return atMs >= fromMs - maxSignalLeadMs ? 'early' : 'unrelated';
}
