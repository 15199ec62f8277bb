// The newest events of control's history, by when they happened.

import { defined } from '@fairlead/kit';
import type { Session } from '@fairlead/client';
import type { EventView } from '@fairlead/protocol';

/** Control's largest page. */
export const eventsPage = 1000;
/** Events read beyond `count`: an agent that was cut off sends its events later, so control's order is not the order in time. */
const maxLateNotices = 100;

export interface LastEventsQuery {
  /** Of one deployment, or of all. */
  name: string | undefined;
  count: number;
}

/** Oldest first. `next`: where those begin that come later. */
export async function readLastEvents(
  { name, count }: LastEventsQuery,
  api: Pick<Session['api'], 'events'>,
  signal: AbortSignal,
): Promise<{ events: EventView[]; next: number }> {
  const deployment = defined({ deployment: name });
  const wanted = count + maxLateNotices;
  let page = await api.events({ ...deployment, last: Math.min(wanted, eventsPage) }, signal);
  const { next } = page;
  let found = page.events;
  while (found.length < wanted && page.previous !== undefined) {
    const query = { ...deployment, last: Math.min(wanted - found.length, eventsPage), before: page.previous };
    page = await api.events(query, signal);
    found = [...page.events, ...found];
  }
  const inTime = found.toSorted((a, b) => a.atMs - b.atMs || a.seq - b.seq);
  return { events: count === 0 ? [] : inTime.slice(-count), next };
}
