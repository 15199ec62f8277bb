// Which of the sessions that wait for their consumers are given up. Pure.

export interface WaitingSession {
  /** When its channel was lost. */
  sinceMs: number;
  /** What is held here for its consumer. */
  heldBytes: number;
}

export interface WaitLimits {
  /** How long a session waits. */
  resumeMs: number;
  /** That one session may hold while it waits. */
  waitingSessionBytes: number;
  /** That all of them may hold. */
  waitingBytes: number;
}

/** Those that wait for too long or hold too much; then those that have waited longest, until the others fit. */
export function pickGivenUp<S extends WaitingSession>(waiting: readonly S[], limits: WaitLimits, nowMs: number): S[] {
  const givenUp = waiting.filter(
    ({ sinceMs, heldBytes }) => nowMs - sinceMs >= limits.resumeMs || heldBytes > limits.waitingSessionBytes,
  );
  const left = waiting.filter((session) => !givenUp.includes(session)).toSorted((a, b) => a.sinceMs - b.sinceMs);
  let bytes = left.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  for (const session of left) {
    if (bytes <= limits.waitingBytes) break;
    givenUp.push(session);
    bytes -= session.heldBytes;
  }
  return givenUp;
}
