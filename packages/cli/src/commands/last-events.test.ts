import type { Session } from '@fairlead/client';
import type { EventView } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { readLastEvents } from './last-events.ts';

const { signal } = new AbortController();

/** A history as control answers with it: pages from either end. */
function historyOf(events: EventView[]): Pick<Session['api'], 'events'> {
  return {
    events: async ({ after = 0, limit = 100, last, before = Infinity }) => {
      if (last === undefined) return { events: events.filter(({ seq }) => seq > after).slice(0, limit), next: 0 };
      const earlier = events.filter(({ seq }) => seq < before);
      const page = earlier.slice(-last);
      return { events: page, next: page.at(-1)?.seq ?? 0, ...(earlier.length > last && { previous: page[0]!.seq }) };
    },
  };
}

function event(seq: number, atMs = seq): EventView {
  return { seq, atMs, deployment: 'a', instanceId: 'abcdefgh', kind: 'tunnel.up', message: `event ${seq}` };
}

const long = Array.from({ length: 1200 }, (_, n) => event(n + 1));

describe('The last events', () => {
  it('are the newest ones, however long the history of the name is', async () => {
    const { events, next } = await readLastEvents({ name: 'a', count: 10 }, historyOf(long), signal);
    expect(events.map(({ seq }) => seq)).toEqual([1191, 1192, 1193, 1194, 1195, 1196, 1197, 1198, 1199, 1200]);
    expect(next).toBe(1200);
  });

  it('are in the order in which they happened, also where an agent told of them late', async () => {
    const late = [...long, event(1201, 1195.5)];
    const { events } = await readLastEvents({ name: 'a', count: 6 }, historyOf(late), signal);
    expect(events.map(({ seq }) => seq)).toEqual([1201, 1196, 1197, 1198, 1199, 1200]);
  });

  it('are read in several pages where one is too small', async () => {
    const { events } = await readLastEvents({ name: undefined, count: 1150 }, historyOf(long), signal);
    expect(events[0]!.seq).toBe(51);
    expect(events).toHaveLength(1150);
  });
});
