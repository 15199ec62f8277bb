// Which web pages may use the local port from a browser: origins, as browsers send them in `Origin` (RFC 6454 6.1).

import { CodedError } from '@fairlead/kit';

import type { ClientErrorCode } from '../client-error.ts';

/** Schemes of programs, too: `app://obsidian.md`, `chrome-extension://…`, `vscode-webview://…`. */
const originPattern = /^[a-z][a-z0-9+.-]*:\/\/[^/\s?#,"\\]+$/;

/** Each as a browser sends it: lower case, without a slash at its end. `*` stands for all, `null` for pages from files and sandboxes. */
export function parseOrigins(origins: readonly string[]): string[] {
  return origins.map((given) => {
    const origin = given.trim().replace(/\/$/, '').toLowerCase();
    if (origin === '*' || origin === 'null' || originPattern.test(origin)) return withoutDefaultPort(origin);
    throw new CodedError<ClientErrorCode>(
      'origin_invalid',
      `cannot allow "${given}" because that is no origin: got something else than scheme, "://", host and perhaps a port`,
      { hint: 'Give what the browser calls Origin, such as https://chat.example.org or http://localhost:3000.' },
    );
  });
}

function withoutDefaultPort(origin: string): string {
  return origin.replace(/^(http:\/\/.*):80$/, '$1').replace(/^(https:\/\/.*):443$/, '$1');
}

/** The value of `Access-Control-Allow-Origin` for a page of this origin, if it may have one. */
export function allowedOrigin(origin: string, allowed: readonly string[]): string | undefined {
  if (allowed.includes(origin.toLowerCase())) return origin;
  return allowed.includes('*') ? '*' : undefined;
}
