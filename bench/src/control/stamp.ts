// Writes the time of a message into the message: all processes of a machine share one clock. Pure except for the clock.

const pattern = /^said at (\d+\.\d+)$/;

/** Milliseconds since the epoch, to the microsecond. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

export function writeStamp(atMs: number): string {
  return `said at ${atMs.toFixed(3)}`;
}

export function readStamp(text: string): number | undefined {
  const [, atMs] = pattern.exec(text) ?? [];
  return atMs === undefined ? undefined : Number(atMs);
}
