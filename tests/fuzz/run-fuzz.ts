// Runs a target over many inputs. A failure names the seed and the smallest input found.

import fc from 'fast-check';

import { damaged } from './damage.ts';
import type { FuzzTarget } from './fuzz-target.ts';

export interface FuzzOptions {
  cases: number;
  seed: number;
}

export interface FuzzReport {
  target: string;
  cases: number;
  /** Memory of this process at the end, in bytes. */
  residentBytes: number;
  grownBytes: number;
}

/** How much memory a run may add after its first tenth. */
const maxGrowthBytes = 256 * 1024 * 1024;

/** Rejects with the seed and the smallest failing input. */
export async function runFuzz(target: FuzzTarget, { cases, seed }: FuzzOptions): Promise<FuzzReport> {
  await using opened = await target.open();
  let fed = 0;
  let warmBytes = 0;
  const property = fc.asyncProperty(damaged(target.samples), async (input) => {
    await opened.feed(input);
    fed += 1;
    if (fed === Math.ceil(cases / 10)) warmBytes = process.memoryUsage.rss();
  });
  await fc.assert(property, { numRuns: cases, seed, includeErrorInReport: true });
  await opened.prove();
  const residentBytes = process.memoryUsage.rss();
  const grownBytes = residentBytes - warmBytes;
  if (grownBytes > maxGrowthBytes)
    throw new Error(`${target.name} keeps memory: ${Math.round(grownBytes / 2 ** 20)} MiB more after ${fed} inputs`);
  return { target: target.name, cases: fed, residentBytes, grownBytes };
}
