// Which requests at the local port of a dashboard go on. A dashboard can run code on the cluster: other users of this machine, and web
// pages that are open in a browser, may reach the port too. Pure.

import type { IncomingHttpHeaders } from 'node:http';
import type { Secret } from '@fairlead/kit';

export interface PageRequest {
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
}

export type PageDecision =
  | { kind: 'pass'; path: string }
  /** The token came with the URL: the browser keeps it as a cookie, and the URL is shown without it. */
  | { kind: 'welcome'; path: string; cookie: string }
  | { kind: 'refuse'; why: string };

const tokenName = 'token';

/** `port`: of the local listener. A name of another host in `Host` is a web page that has had its own name lead here. */
export function decidePageRequest({ url, headers }: PageRequest, port: number, token: Secret): PageDecision {
  const host = headers.host ?? '';
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`)
    return { kind: 'refuse', why: `this port answers as 127.0.0.1:${port} alone` };
  const asked = new URL(url, `http://127.0.0.1:${port}`);
  const given = asked.searchParams.get(tokenName);
  if (given !== null && token.matches(given)) {
    asked.searchParams.delete(tokenName);
    const cookie = `${cookieName(port)}=${token.reveal()}; Path=/; HttpOnly; SameSite=Strict`;
    return { kind: 'welcome', path: `${asked.pathname}${asked.search}`, cookie };
  }
  const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const known = [bearer, cookieOf(headers.cookie ?? '', cookieName(port))];
  if (known.some((one) => one !== undefined && token.matches(one))) return { kind: 'pass', path: url };
  return { kind: 'refuse', why: 'open the URL that `fairlead dashboard` printed, with its token' };
}

export function pageUrl(port: number, token: Secret): string {
  return `http://127.0.0.1:${port}/?${tokenName}=${token.reveal()}`;
}

/** Cookies are of a host, whatever the port: two dashboards must not take each other's. */
function cookieName(port: number): string {
  return `fairlead-${port}`;
}

function cookieOf(text: string, name: string): string | undefined {
  const pairs = text.split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([key]) => key === name)?.[1];
}
