// The price of GPUs: of an hour, and of a time. Pure but for the profile that it may read.

import { type ClusterConfig, readSite } from '@fairlead/config';
import type { Cost } from '@fairlead/planner';

export interface Price {
  perGpuHour: number;
  unit: string;
}

/** The cluster's setting, else its site's; undefined where neither has one. Throws what `readSite` throws. */
export async function priceOf({ cost, site }: ClusterConfig, home: string): Promise<Price | undefined> {
  if (cost !== undefined || site === undefined) return cost;
  return (await readSite(site, home)).cost;
}

/** Undefined without a price or without GPUs. */
export function costOf(price: Price | undefined, gpus: number, minutes: number): Cost | undefined {
  if (!price || gpus === 0 || !Number.isFinite(minutes)) return undefined;
  const perHour = gpus * price.perGpuHour;
  return { perHour, wholeJob: (perHour * minutes) / 60, unit: price.unit };
}
