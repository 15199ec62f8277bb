// What each end of a request means, beside what was done to gateway and instances meanwhile. Pure.

import type { Asked } from './ask-once.ts';

/** A time in which connections are lost or refused without a word, because the gateway was killed or stopped. */
export interface Outage {
  fromMs: number;
  /** When its successor listened; infinite while there is none. */
  toMs: number;
}

/** What a request may say of a model that is short of instances, or of a gateway that ends. 4xx would be the client's fault, and no client is wrong here. */
const explainedStatuses: ReadonlySet<number | undefined> = new Set([429, 502, 503]);
/** Notices that come late: the kernel tells a client of a killed process at once, but the client has its turn later. */
const lateMs = 2_000;

export interface Judged {
  /** As in the table of outcomes. */
  outcome: string;
  isExplained: boolean;
}

export function judgeAsked(asked: Asked, outages: readonly Outage[]): Judged {
  const { end, status, words, got, wanted } = asked;
  switch (end) {
    case 'whole':
      return { outcome: 'whole', isExplained: got === wanted };
    case 'left':
      return { outcome: 'left by its client', isExplained: true };
    case 'refused':
      return { outcome: `refused with ${status}`, isExplained: explainedStatuses.has(status) && words !== '' };
    case 'cut':
      return { outcome: 'cut, with the reason', isExplained: words !== '' };
    case 'lost':
      return { outcome: 'lost with a killed gateway', isExplained: outages.some((outage) => meets(asked, outage)) };
  }
}

function meets({ startedMs, endedMs }: Asked, { fromMs, toMs }: Outage): boolean {
  return startedMs <= toMs && endedMs >= fromMs - lateMs && endedMs <= toMs + lateMs;
}
