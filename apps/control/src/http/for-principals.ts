// Lets the principals that a route serves pass, and refuses the others.

import type { MiddlewareHandler } from 'hono';

import type { PrincipalKind } from '../domain/principal.ts';
import type { Env } from './env.ts';
import { WireError } from './wire-error.ts';

/** Stands before each handler; without it a route would serve every principal. */
export function forPrincipals(...kinds: readonly PrincipalKind[]): MiddlewareHandler<Env> {
  return async (context, next) => {
    const { kind } = context.get('principal');
    if (!kinds.includes(kind)) throw new WireError('forbidden', `cannot answer because this is not for a ${kind}`);
    await next();
  };
}
