// Deployments and where they answer.

import { createDeployment, deploymentQuery, stopQuery } from '@fairlead/protocol';
import { Hono } from 'hono';

import { isListed } from '../domain/views.ts';
import type { AppDeps } from './app-deps.ts';
import type { Env } from './env.ts';
import { readBody, readName, readQuery } from './read-request.ts';

export function deploymentRoutes({ desk, directory }: AppDeps): Hono<Env> {
  const routes = new Hono<Env>();
  routes.post('/deployments', async (context) => {
    const wanted = await readBody(context, createDeployment);
    return context.json(await desk.create(wanted), 201);
  });
  routes.get('/deployments', (context) => {
    const { all } = readQuery(context, deploymentQuery);
    const now = directory.deps.clock.now();
    const shown = [...directory.entries()].filter((entry) => all || isListed(entry.deployment, entry.instance, now));
    return context.json({ deployments: shown.map((entry) => directory.viewDeployment(entry)) });
  });
  routes.get('/deployments/:name', (context) => {
    const entry = desk.deployment(readName(context));
    return context.json(directory.viewDeployment(entry));
  });
  routes.delete('/deployments/:name', async (context) => {
    const { mode } = readQuery(context, stopQuery);
    return context.json(await desk.stop(readName(context), mode));
  });
  routes.get('/endpoints/:name', (context) => context.json(desk.endpoint(readName(context))));
  return routes;
}
