// What is published to gateways.

import { publicationList, publicationView, publishDeployment } from '@fairlead/protocol';
import { Hono } from 'hono';

import { answer } from './answer.ts';
import type { AppDeps } from './app-deps.ts';
import type { Env } from './env.ts';
import { forPrincipals } from './for-principals.ts';
import { readBody, readName } from './read-request.ts';

const forOwner = forPrincipals('owner');

export function publicationRoutes({ publications }: AppDeps): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get('/publications', forOwner, (context) =>
    answer(context, publicationList, { publications: publications.list() }),
  );
  routes.put('/publications/:name', forOwner, async (context) => {
    const name = readName(context);
    const { gateway } = await readBody(context, publishDeployment);
    return answer(context, publicationView, await publications.publish(name, gateway));
  });
  routes.delete('/publications/:name', forOwner, async (context) =>
    answer(context, publicationView, await publications.unpublish(readName(context))),
  );
  return routes;
}
