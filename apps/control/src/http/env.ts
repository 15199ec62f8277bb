// What the routes get from the HTTP server beside the request.

import type { HttpBindings } from '@hono/node-server';

export type Env = { Bindings: HttpBindings };
