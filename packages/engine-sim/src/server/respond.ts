// Writes answers as uvicorn does: with its headers in its order, and none of Node's own.

import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** The answer's `x-request-id`, if the flags ask for that header. */
  requestId: string | undefined;
  /** Called when the status is known. */
  onStatus(status: number): void;
}

export function respondJson(exchange: Exchange, status: number, body: unknown, headers: string[] = []): void {
  const text = JSON.stringify(body);
  respondText(exchange, status, text, [
    ...headers,
    'content-length',
    String(Buffer.byteLength(text)),
    'content-type',
    'application/json',
  ]);
}

/** Answers 200 without body and content-type, as `/health` does. */
export function respondEmpty(exchange: Exchange, status: number): void {
  respondText(exchange, status, '', ['content-length', '0']);
}

export function respondText(exchange: Exchange, status: number, text: string, headers: string[]): void {
  writeHead(exchange, status, headers);
  exchange.response.end(text);
}

/** Sends the head at once, long before the first event. */
export function openEventStream(exchange: Exchange): void {
  const { response } = exchange;
  // HTTP/1.0 has no chunks: the stream ends with its connection, as uvicorn's does.
  const framing = exchange.request.httpVersion === '1.0' ? [] : ['transfer-encoding', 'chunked'];
  writeHead(exchange, 200, ['content-type', 'text/event-stream; charset=utf-8'], framing);
  response.flushHeaders();
}

function writeHead(exchange: Exchange, status: number, headers: string[], last: string[] = []): void {
  const { request, response, requestId } = exchange;
  exchange.onStatus(status);
  response.sendDate = false;
  response.removeHeader('connection');
  // The middleware that writes the 401 is outside of the one that adds CORS headers.
  const vary = status === 401 ? [] : ['vary', 'Origin'];
  const id = requestId === undefined ? [] : ['x-request-id', requestId];
  const close = wantsClose(request) ? ['connection', 'close'] : [];
  response.writeHead(status, ['date', httpDate(), 'server', 'uvicorn', ...headers, ...vary, ...id, ...close, ...last]);
}

function wantsClose(request: IncomingMessage): boolean {
  const { connection = '' } = request.headers;
  if (request.httpVersion === '1.0') return !/keep-alive/i.test(connection);
  return /(?:^|,)\s*close\s*(?:,|$)/i.test(connection);
}

let dateSecond = 0;
let dateText = '';

/** Formatted once a second. */
function httpDate(): string {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(now).toUTCString();
  }
  return dateText;
}
