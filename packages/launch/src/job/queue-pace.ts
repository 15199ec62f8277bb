// How long to leave a queue in peace before the next look: what the site asks for, longer where it refuses or is slow. Pure.

export interface QueuePace {
  /** The least time between two looks. */
  pollMs: number;
  /** Refusals in a row: a rate limit, a controller that does not answer. */
  refusals: number;
  /** How long the last answer took. */
  answerMs: number;
}

const maxWaitMs = 600_000;
/** A look may keep the controller busy for this part of the time. */
const answerShare = 10;

export function queueWaitMs({ pollMs, refusals, answerMs }: QueuePace): number {
  const refusedMs = refusals === 0 ? 0 : Math.min(pollMs * 2 ** Math.min(refusals, 10), maxWaitMs);
  return Math.max(pollMs, refusedMs, Math.min(answerMs * answerShare, maxWaitMs));
}

/** Whether the site, a refusal or a slow answer has asked for patience: then no look comes early. */
export function isUnhurried(pace: QueuePace): boolean {
  return queueWaitMs(pace) > 15_000;
}
