// Deployments and where they answer.

import {
  createDeployment,
  deploymentCreated,
  deploymentList,
  deploymentQuery,
  deploymentStopped,
  deploymentView,
  endpointView,
  stopQuery,
} from '@fairlead/protocol';
import { Hono } from 'hono';

import { isListed } from '../domain/views.ts';
import { answer } from './answer.ts';
import type { AppDeps } from './app-deps.ts';
import type { Env } from './env.ts';
import { readBody, readName, readQuery } from './read-request.ts';

export function deploymentRoutes({ desk, registry, clock }: AppDeps): Hono<Env> {
  const routes = new Hono<Env>();
  routes.post('/deployments', async (context) => {
    const wanted = await readBody(context, createDeployment);
    return answer(context, deploymentCreated, await desk.create(wanted), 201);
  });
  routes.get('/deployments', (context) => {
    const { all } = readQuery(context, deploymentQuery);
    const now = clock.now();
    const shown = [...registry.entries()].filter((entry) => all || isListed(entry.deployment, entry.instance, now));
    return answer(context, deploymentList, { deployments: shown.map((entry) => registry.viewDeployment(entry)) });
  });
  routes.get('/deployments/:name', (context) => {
    const entry = desk.deployment(readName(context));
    return answer(context, deploymentView, registry.viewDeployment(entry));
  });
  routes.delete('/deployments/:name', async (context) => {
    const { mode } = readQuery(context, stopQuery);
    return answer(context, deploymentStopped, await desk.stop(readName(context), mode));
  });
  routes.get('/endpoints/:name', (context) => answer(context, endpointView, desk.endpoint(readName(context))));
  return routes;
}
