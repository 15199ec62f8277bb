// For work that no caller awaits.

/** For work that deals with its own failures. What still gets out is a fault of ours, and ends the process as one. */
export function detach(work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    queueMicrotask(() => {
      throw error;
    });
  });
}
