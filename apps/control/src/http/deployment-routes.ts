// Deployments and where they answer.

import {
  createDeployment,
  createInstance,
  deploymentCreated,
  deploymentList,
  deploymentQuery,
  deploymentStopped,
  deploymentView,
  endpointList,
  stopQuery,
} from '@fairlead/protocol';
import { Hono } from 'hono';

import { isListed } from '../domain/views.ts';
import { answer } from './answer.ts';
import type { AppDeps } from './app-deps.ts';
import type { Env } from './env.ts';
import { forPrincipals } from './for-principals.ts';
import { readBody, readName, readQuery } from './read-request.ts';

const forOwner = forPrincipals('owner');

export function deploymentRoutes({ desk, registry, clock }: AppDeps): Hono<Env> {
  const routes = new Hono<Env>();
  routes.post('/deployments', forOwner, async (context) => {
    const wanted = await readBody(context, createDeployment);
    return answer(context, deploymentCreated, await desk.create(wanted), 201);
  });
  routes.post('/deployments/:name/instances', forOwner, async (context) => {
    const name = readName(context);
    const wanted = await readBody(context, createInstance);
    return answer(context, deploymentCreated, await desk.addInstance(name, wanted), 201);
  });
  routes.get('/deployments', forOwner, (context) => {
    const { all } = readQuery(context, deploymentQuery);
    const now = clock.now();
    const shown = [...registry.deployments()].filter(({ record, instances }) => {
      const records = instances.map(({ instance }) => instance);
      return all || isListed(record, records, now);
    });
    return answer(context, deploymentList, { deployments: shown.map((entry) => registry.viewDeployment(entry)) });
  });
  routes.get('/deployments/:name', forOwner, (context) => {
    const entry = desk.deployment(readName(context));
    return answer(context, deploymentView, registry.viewDeployment(entry));
  });
  routes.delete('/deployments/:name', forOwner, async (context) => {
    const { mode } = readQuery(context, stopQuery);
    return answer(context, deploymentStopped, await desk.stop(readName(context), mode));
  });
  routes.get('/endpoints/:name', forOwner, (context) =>
    answer(context, endpointList, { endpoints: desk.endpoints(readName(context)) }),
  );
  return routes;
}
