// The day and the month that a time lies in, in UTC. Pure.

export interface Calendar {
  day: Span;
  month: Span;
}

export interface Span {
  startMs: number;
  endMs: number;
}

const dayMs = 86_400_000;
/** Every request asks several times, and the answer changes once a day. */
let latest: Calendar = { day: { startMs: 0, endMs: 0 }, month: { startMs: 0, endMs: 0 } };

export function periodsOf(wallMs: number): Calendar {
  if (wallMs >= latest.day.startMs && wallMs < latest.day.endMs) return latest;
  const startMs = Math.floor(wallMs / dayMs) * dayMs;
  const date = new Date(wallMs);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  latest = {
    day: { startMs, endMs: startMs + dayMs },
    month: { startMs: Date.UTC(year, month), endMs: Date.UTC(year, month + 1) },
  };
  return latest;
}
