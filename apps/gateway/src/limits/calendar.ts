// The day and the month that a time lies in, in UTC. Pure.

export interface Calendar {
  wallMs: number;
  day: Span;
  month: Span;
}

export interface Span {
  startMs: number;
  endMs: number;
}

const dayMs = 86_400_000;

export function periodsOf(wallMs: number): Calendar {
  const startMs = Math.floor(wallMs / dayMs) * dayMs;
  const date = new Date(wallMs);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return {
    wallMs,
    day: { startMs, endMs: startMs + dayMs },
    month: { startMs: Date.UTC(year, month), endMs: Date.UTC(year, month + 1) },
  };
}
