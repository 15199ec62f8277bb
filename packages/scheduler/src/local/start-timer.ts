// Calls back at a point in wall-clock time, also one further away than the 24.8 days a Node timer can wait, and also when
// the machine slept in between.

const longestWaitMs = 60_000;

/** Returns the function that stops it. */
export function startTimer(atMs: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    const leftMs = atMs - Date.now();
    timer = leftMs <= 0 ? setTimeout(callback, 0) : setTimeout(wait, Math.min(leftMs, longestWaitMs));
  };
  wait();
  return () => clearTimeout(timer);
}
