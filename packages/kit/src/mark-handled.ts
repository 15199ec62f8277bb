// For a promise that its reader may never await.

/**
 * Its rejection does not end the process; awaiting it still throws. For a result that is offered besides others: the one who
 * awaits it deals with the failure.
 */
export function markHandled(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}
