// What the routes get beside the request: the HTTP server's own objects, and on whose behalf it is made.

import type { HttpBindings } from '@hono/node-server';

import type { Principal } from '../domain/principal.ts';

/** `principal` is set for every route under /v1. */
export type Env = { Bindings: HttpBindings; Variables: { principal: Principal } };
