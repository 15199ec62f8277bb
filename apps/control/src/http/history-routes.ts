// The history of events, in pages from either end.

import { eventList, type EventQuery, eventQuery, type Read } from '@fairlead/protocol';
import { Hono } from 'hono';

import { answer } from './answer.ts';
import type { AppDeps } from './app-deps.ts';
import type { Env } from './env.ts';
import { forPrincipals } from './for-principals.ts';
import { readQuery } from './read-request.ts';

const defaultLimit = 100;

const forOwner = forPrincipals('owner');

export function historyRoutes({ store }: AppDeps): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get('/events', forOwner, async (context) =>
    answer(context, eventList, await readPage(store, readQuery(context, eventQuery))),
  );
  return routes;
}

async function readPage(store: AppDeps['store'], query: EventQuery): Promise<Read<typeof eventList>> {
  const { deployment, last, after = 0, limit = defaultLimit, before = Number.MAX_SAFE_INTEGER } = query;
  if (last === undefined) {
    const events = await store.listHistory({ deployment, after, limit });
    return { events, next: events.at(-1)?.seq ?? after };
  }
  // One more, to know whether there is a page ahead of this one.
  const found = await store.listHistory({ deployment, before, limit: last + 1 });
  const events = found.slice(-last);
  const page = { events, next: events.at(-1)?.seq ?? 0 };
  return found.length > last ? { ...page, previous: events[0]!.seq } : page;
}
