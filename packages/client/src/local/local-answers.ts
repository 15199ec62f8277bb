// What the local port itself answers, as bytes. Each answer ends its connection.

import { STATUS_CODES } from 'node:http';

import { openAiError } from '@fairlead/openai-wire';

export interface LocalError {
  status: number;
  code: string;
  message: string;
  retryAfterSeconds?: number;
  method?: string;
  origin?: string | undefined;
}

/** In OpenAI's shape. */
export function renderError({ status, code, message, retryAfterSeconds, method, origin }: LocalError): Buffer {
  const fields = ['content-type: application/json'];
  if (retryAfterSeconds !== undefined) fields.push(`retry-after: ${retryAfterSeconds}`);
  const body = JSON.stringify(openAiError({ status, code, message }));
  return render({ status, fields: [...fields, ...originFields(origin)], body, method });
}

export function renderText(body: string, { method, origin }: { method: string; origin: string | undefined }): Buffer {
  const fields = ['content-type: text/plain; charset=utf-8', ...originFields(origin)];
  return render({ status: 200, fields, body, method });
}

export interface Preflight {
  origin: string;
  /** What the page wants to send, as the browser lists it. */
  headers: string | undefined;
  isPrivateNetwork: boolean;
}

const names = /^[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/;

/** Never with `Access-Control-Allow-Credentials`: the key is in a header that the page sets, not in a cookie. */
export function renderPreflight({ origin, headers, isPrivateNetwork }: Preflight): Buffer {
  const fields = [
    `access-control-allow-origin: ${origin}`,
    'access-control-allow-methods: GET, POST',
    'access-control-max-age: 7200',
    'vary: Origin, Access-Control-Request-Headers',
  ];
  // A `*` would not stand for Authorization (Fetch, 3.3.4).
  if (headers !== undefined && names.test(headers)) fields.push(`access-control-allow-headers: ${headers}`);
  if (isPrivateNetwork) fields.push('access-control-allow-private-network: true');
  return render({ status: 204, fields, body: undefined, method: undefined });
}

/** Lets the page of this origin read an answer. */
export function originFields(origin: string | undefined): string[] {
  if (origin === undefined) return [];
  return [`access-control-allow-origin: ${origin}`, 'access-control-expose-headers: *', 'vary: Origin'];
}

interface Answer {
  status: number;
  fields: readonly string[];
  body: string | undefined;
  method: string | undefined;
}

function render({ status, fields, body, method }: Answer): Buffer {
  const length = body === undefined ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...fields, ...length, 'connection: close', '', ''];
  // The answer to HEAD has no content (RFC 9110 9.3.2).
  return Buffer.from(head.join('\r\n') + (method === 'HEAD' ? '' : (body ?? '')));
}
