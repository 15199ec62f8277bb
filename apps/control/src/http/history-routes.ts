// The history of events.

import { deploymentName } from '@fairlead/protocol';
import { Hono } from 'hono';
import { z } from 'zod';

import type { AppDeps } from './app-deps.ts';
import type { Env } from './env.ts';
import { readQuery } from './read-request.ts';

const historyQuery = z.object({
  deployment: deploymentName.optional(),
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

export function historyRoutes({ directory }: AppDeps): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get('/events', async (context) => {
    const query = readQuery(context, historyQuery);
    const events = await directory.deps.store.listHistory(query);
    return context.json({ events, next: events.at(-1)?.seq ?? query.after });
  });
  return routes;
}
