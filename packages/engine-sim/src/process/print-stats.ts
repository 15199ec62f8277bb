// Prints vLLM's throughput line every ten seconds.

import type { LogLine } from '../log/log-line.ts';
import { statsIntervalMs, statsLine, type StatsSample } from '../log/stats-line.ts';
import type { SimStats } from '../open-engine-sim.ts';

/** Does not keep the process alive. */
export function printStats(read: () => SimStats, kvCapacity: number, print: (line: LogLine) => void): void {
  const take = () => sample(read(), kvCapacity);
  let before = take();
  const timer = setInterval(() => {
    const now = take();
    const line = statsLine(now, before, statsIntervalMs / 1000);
    before = now;
    if (line) print(line);
  }, statsIntervalMs);
  timer.unref();
}

function sample(stats: SimStats, kvCapacity: number): StatsSample {
  return { ...stats, kvUsage: Math.min(1, stats.kvTokens / kvCapacity) };
}
