// The message for a client that asks for a path which is not served: most often its base URL has one part too many or too few.

import { otherServerHint } from './other-server.ts';
import { pickRoute, type RouteTable } from './routes.ts';

export interface WrongPath {
  path: string;
  /** What is served. */
  routes: RouteTable;
  /** The value of `Host`, where there was one. */
  host: string | undefined;
  /** Whether a proxy in front says that its own client came by TLS. */
  isTls: boolean;
}

/** One sentence about what is wrong, one about what to do. */
export function describeWrongPath(wrong: WrongPath): string {
  const { path, routes } = wrong;
  const server = serverOf(wrong);
  const hint = otherServerHint(path, server);
  if (hint !== undefined) return hint;
  const meant = meantRoute(path, routes);
  if (meant !== undefined) return `${path} is not served, ${meant} is. ${cureFor(path, meant, server)}`;
  if (/^\/+(v1\/*)?$/.test(path)) {
    return `${path} is a base URL, not an endpoint. Set ${server}/v1 as the base URL of an OpenAI client, ${server} as that of an Anthropic client.`;
  }
  return `${path} is not served. Use the OpenAI-compatible paths, such as POST /v1/chat/completions or GET /v1/models; the base URL is ${server}/v1.`;
}

/** The longest end of the path that is a route of `/v1`: what the client adds to its base URL. */
function meantRoute(path: string, routes: RouteTable): string | undefined {
  const segments = path.split('/').filter((segment) => segment !== '');
  for (let from = 0; from < segments.length; from += 1) {
    const meant = `/v1/${segments.slice(from).join('/')}`;
    if (segments[from] !== 'v1' && isServed(meant, routes)) return meant;
  }
  return undefined;
}

function isServed(path: string, routes: RouteTable): boolean {
  return pickRoute(routes, 'GET', path).ok || pickRoute(routes, 'POST', path).ok;
}

function cureFor(path: string, meant: string, server: string): string {
  if (path === `${meant}/`) return 'Leave out the slash at its end.';
  const isAnthropic = meant.startsWith('/v1/messages');
  const isTwice = path.endsWith(`/v1${meant}`);
  if (isAnthropic) {
    return `Set the client's base URL (ANTHROPIC_BASE_URL) to ${server}${isTwice ? ': it has one /v1 too many, the client adds it' : ', without a slash at its end'}.`;
  }
  const cure = `Set the client's base URL to ${server}/v1, without a slash at its end`;
  return isTwice ? `${cure}; or to ${server}, if the client adds /v1 by itself.` : `${cure}.`;
}

const hostPattern = /^[\w.:[\]-]{1,255}$/;

/** The origin as the client knows it. A `Host` that cannot be a host's name is not repeated. */
function serverOf({ host, isTls }: WrongPath): string {
  return `${isTls ? 'https' : 'http'}://${host !== undefined && hostPattern.test(host) ? host : '<host>:<port>'}`;
}
