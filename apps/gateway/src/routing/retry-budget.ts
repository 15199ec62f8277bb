// How many requests may be sent to an instance again: a share of all, so that an outage does not multiply its load. Pure.

export interface RetryBudget {
  left: number;
}

/** What a quiet gateway may spend at once. */
const most = 100;
const share = 0.1;

export const fullRetryBudget: RetryBudget = { left: most };

/** After each request that was sent for the first time. */
export function earnRetry({ left }: RetryBudget): RetryBudget {
  return { left: Math.min(most, left + share) };
}

/** Undefined where there is none left. */
export function spendRetry({ left }: RetryBudget): RetryBudget | undefined {
  return left < 1 ? undefined : { left: left - 1 };
}
