// Tries every route to one host as far as its name, port and host key, without a login.

import { type CodedError, withTimeLimit } from '@fairlead/kit';

import type { OpenSshOptions } from '../connection/ssh-connection.ts';
import { sshError } from '../ssh-error.ts';
import type { NamedRoute } from './open-first-route.ts';
import { routeFailure } from './route-failure.ts';
import { askRoute } from './route-candidate.ts';
import type { RouteAnswer } from './route-words.ts';

/** Asks all routes at once; resolves with the answers in the given order. A route that fails is an answer, not a rejection. */
export function askEachRoute(
  routes: readonly NamedRoute[],
  options: OpenSshOptions & { limitMs: number },
): Promise<RouteAnswer[]> {
  return Promise.all(routes.map((route) => askOne(route, options)));
}

async function askOne(route: NamedRoute, options: OpenSshOptions & { limitMs: number }): Promise<RouteAnswer> {
  const { name } = route;
  const { limitMs, ...open } = options;
  try {
    const candidate = askRoute(await route.target(), open);
    try {
      await withTimeLimit(candidate.answered, limitMs, () => silent(name, limitMs));
      return { name, outcome: 'answered' };
    } finally {
      candidate.drop();
    }
  } catch (error) {
    return { name, outcome: 'failed', failure: routeFailure(error) };
  }
}

function silent(name: string, limitMs: number): CodedError {
  return sshError('timeout', `cannot reach ${name} because it does not answer within ${limitMs} ms`, {
    hint: 'A firewall may be in the way, or a VPN may be needed.',
    retryable: true,
  });
}
