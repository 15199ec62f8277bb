// Decides how long to wait before the next try: exponential, capped, with full jitter
// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). Does not wait.

export interface BackoffPolicy {
  /** Upper bound of the first wait, milliseconds. */
  baseMs: number;
  /** Upper bound of every wait, milliseconds. */
  maxMs: number;
  /** Lower bound of every wait, milliseconds. Default 0 (full jitter). */
  minMs?: number;
}

/** `attempt` counts from 0. `random` is in [0, 1). */
export function backoffMs(policy: BackoffPolicy, attempt: number, random: number): number {
  const ceiling = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(attempt, 30));
  const floor = Math.min(policy.minMs ?? 0, ceiling);
  return Math.round(floor + random * (ceiling - floor));
}
