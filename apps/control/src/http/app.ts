// Control's HTTP API: who may ask, and how errors are answered. The routes are beside it.

import { errorText, type Log } from '@fairlead/kit';
import { WIRE_ERRORS } from '@fairlead/protocol';
import { Hono } from 'hono';

import { readBearer } from '../state/tokens.ts';
import type { AppDeps } from './app-deps.ts';
import type { Env } from './env.ts';
import { deploymentRoutes } from './deployment-routes.ts';
import { historyRoutes } from './history-routes.ts';
import { instanceRoutes } from './instance-routes.ts';
import { storageError } from './storage-error.ts';
import { WireError } from './wire-error.ts';

export function createApp(deps: AppDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error, context) => {
    const known = error instanceof WireError ? error : (storageError(error) ?? internal(error, deps.log));
    if (WIRE_ERRORS[known.code].retryable) context.header('Retry-After', '1');
    return context.json(known.body, known.status as 400);
  });
  app.notFound((context) => context.json(new WireError('not_found', `no route ${context.req.path}`).body, 404));
  app.get('/healthz', (context) => context.json({ ok: true }));
  app.get('/readyz', (context) => context.json({ ok: deps.isReady() }, deps.isReady() ? 200 : 503));
  app.use('/v1/*', async (context, next) => {
    const { socket } = context.env.incoming;
    if (deps.carrier.originOf(socket)?.kind !== 'taken')
      throw new WireError('forbidden', 'cannot answer because this connection is for an agent alone');
    const token = readBearer(context.req.header('authorization'));
    if (token === undefined || deps.owners.check(token) === undefined)
      throw new WireError('unauthorized', 'cannot answer because no known owner token was given');
    deps.carrier.prove(socket);
    await next();
  });
  app.get('/v1/hello', (context) => context.json(deps.hello));
  app.route('/v1', deploymentRoutes(deps));
  app.route('/v1', instanceRoutes(deps));
  app.route('/v1', historyRoutes(deps));
  return app;
}

function internal(error: unknown, log: Log): WireError {
  log.error({
    op: 'http',
    ok: false,
    error: errorText(error),
    stack: error instanceof Error ? error.stack : undefined,
  });
  return new WireError('internal', 'cannot answer because of a fault in control: its log says more');
}
