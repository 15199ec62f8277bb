// Instances: what was observed of them, and their logs through their agents.

import { instanceQuery, jobObserved, logQuery } from '@fairlead/protocol';
import { Hono } from 'hono';

import type { AppDeps } from './app-deps.ts';
import type { Env } from './env.ts';
import { streamLogs } from './stream-logs.ts';
import { readBody, readInstanceId, readQuery } from './read-request.ts';

export function instanceRoutes({ desk }: AppDeps): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get('/instances', async (context) =>
    context.json({ instances: await desk.instances(readQuery(context, instanceQuery).deployment) }),
  );
  routes.get('/instances/:id', async (context) => context.json(await desk.instance(readInstanceId(context))));
  routes.post('/instances/:id/observed', async (context) => {
    const id = readInstanceId(context);
    return context.json(await desk.observe(id, await readBody(context, jobObserved)));
  });
  routes.get('/instances/:id/logs', (context) => {
    const query = readQuery(context, logQuery);
    return streamLogs(desk.line(readInstanceId(context)), query);
  });
  return routes;
}
