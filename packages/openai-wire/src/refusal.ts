// The front's own answer in place of the engine's: an error in OpenAI's shape, after which the connection closes.

import { STATUS_CODES } from 'node:http';
import { wireErrors, type WireErrorCode } from '@fairlead/protocol';

export type RefusalCode = Extract<
  WireErrorCode,
  | 'bad_request'
  | 'unauthorized'
  | 'payload_too_large'
  | 'too_many'
  | 'not_ready'
  | 'draining'
  | 'engine_unavailable'
  | 'route_refused'
  | 'method_refused'
  | 'forbidden'
  | 'not_found'
  | 'unsupported_encoding'
>;

export interface Refusal {
  code: RefusalCode;
  /** What is wrong and what to do, for the person who sent the request. */
  message: string;
  retryAfterSeconds?: number;
  /** What the path takes instead (RFC 9110 15.5.6 asks for it in a 405). */
  allow?: readonly string[];
}

export function refuse(code: RefusalCode, message: string, retryAfterSeconds?: number): Refusal {
  return retryAfterSeconds === undefined ? { code, message } : { code, message, retryAfterSeconds };
}

/** The body of an error in OpenAI's shape. */
export function openAiError({ status, code, message }: { status: number; code: string; message: string }): object {
  return { error: { message, type: typeOf(status), param: null, code } };
}

/** The whole response. A HEAD request gets no content (RFC 9110 9.3.2). */
export function renderRefusal(refusal: Refusal, method?: string): Buffer {
  const { status } = wireErrors[refusal.code];
  const body = Buffer.from(JSON.stringify(openAiError({ status, code: refusal.code, message: refusal.message })));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  if (status === 401) head.push('www-authenticate: Bearer');
  if (refusal.allow !== undefined) head.push(`allow: ${refusal.allow.join(', ')}`);
  if (refusal.retryAfterSeconds !== undefined)
    head.push(`retry-after: ${Math.max(0, Math.ceil(refusal.retryAfterSeconds))}`);
  const headBytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1');
  return method === 'HEAD' ? headBytes : Buffer.concat([headBytes, body]);
}

/** OpenAI's `type`, which SDKs show and some programs sort by. */
function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}
