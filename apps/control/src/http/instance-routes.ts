// Instances: what was observed of them, and their logs through their agents.

import { instanceList, instanceQuery, instanceView, jobObserved, logQuery } from '@fairlead/protocol';
import { Hono } from 'hono';

import { answer } from './answer.ts';
import type { AppDeps } from './app-deps.ts';
import type { Env } from './env.ts';
import { forPrincipals } from './for-principals.ts';
import { streamLogs } from './stream-logs.ts';
import { readBody, readInstanceId, readQuery } from './read-request.ts';

const forOwner = forPrincipals('owner');

export function instanceRoutes({ desk }: AppDeps): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get('/instances', forOwner, async (context) =>
    answer(context, instanceList, { instances: await desk.instances(readQuery(context, instanceQuery).deployment) }),
  );
  routes.get('/instances/:id', forOwner, async (context) =>
    answer(context, instanceView, await desk.instance(readInstanceId(context))),
  );
  routes.post('/instances/:id/observed', forOwner, async (context) => {
    const id = readInstanceId(context);
    return answer(context, instanceView, await desk.observe(id, await readBody(context, jobObserved)));
  });
  routes.get('/instances/:id/logs', forOwner, (context) => {
    const query = readQuery(context, logQuery);
    return streamLogs(desk.link(readInstanceId(context)), query);
  });
  return routes;
}
