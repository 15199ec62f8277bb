// Control's HTTP API: who may ask, and how errors are answered. The routes are beside it.

import { controlHello, errorBody, healthView, wireErrors } from '@fairlead/protocol';
import { Hono } from 'hono';

import { readBearer } from '../state/tokens.ts';
import { answer } from './answer.ts';
import type { AppDeps } from './app-deps.ts';
import type { Env } from './env.ts';
import { forPrincipals } from './for-principals.ts';
import { deploymentRoutes } from './deployment-routes.ts';
import { historyRoutes } from './history-routes.ts';
import { instanceRoutes } from './instance-routes.ts';
import { publicationRoutes } from './publication-routes.ts';
import { toWireError } from './to-wire-error.ts';
import { WireError } from './wire-error.ts';

export function createApp(deps: AppDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error, context) => {
    const known = toWireError(error, deps.log);
    if (wireErrors[known.code].retryable) context.header('Retry-After', '1');
    return answer(context, errorBody, known.body, known.status as 400);
  });
  app.notFound((context) =>
    answer(context, errorBody, new WireError('not_found', `no route ${context.req.path}`).body, 404),
  );
  app.get('/healthz', (context) => answer(context, healthView, { ok: true }));
  app.get('/readyz', (context) => answer(context, healthView, { ok: deps.isReady() }, deps.isReady() ? 200 : 503));
  app.use('/v1/*', async (context, next) => {
    const { socket } = context.env.incoming;
    if (deps.carrier.originOf(socket)?.kind !== 'taken')
      throw new WireError('forbidden', 'cannot answer because this connection is for an agent alone');
    const token = readBearer(context.req.header('authorization'));
    const principal = token && deps.principals.identify(token);
    if (principal === undefined)
      throw new WireError('unauthorized', 'cannot answer because no known owner token was given');
    context.set('principal', principal);
    deps.carrier.prove(socket);
    await next();
  });
  app.get('/v1/hello', forPrincipals('owner'), (context) => answer(context, controlHello, deps.hello));
  app.route('/v1', deploymentRoutes(deps));
  app.route('/v1', instanceRoutes(deps));
  app.route('/v1', historyRoutes(deps));
  app.route('/v1', publicationRoutes(deps));
  return app;
}
