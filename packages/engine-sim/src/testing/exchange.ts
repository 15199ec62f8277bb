// A plain HTTP client over a unix socket that records everything: the raw head, each read, the end of the connection.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface ClientRequest {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface Answer {
  status: number;
  /** In order, names as sent. */
  headers: Array<[name: string, value: string]>;
  body: string;
  /** Whether the last chunk (or byte) of the body arrived. */
  complete: boolean;
}

export interface OpenExchange extends Disposable {
  readonly socket: Socket;
  /** Resolves when the bytes so far match; rejects if the connection ends before that. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves with everything when the server has closed. */
  readonly ended: Promise<Answer>;
}

/** One request on a connection of its own, closed after the answer. */
export async function exchange(path: string, request: ClientRequest): Promise<Answer> {
  using open = openExchange(path, request);
  return await open.ended;
}

export function openExchange(path: string, request: ClientRequest): OpenExchange {
  const socket = connect(path);
  const { body } = request;
  socket.write(requestText({ ...request, headers: { connection: 'close', ...request.headers } }));
  if (Buffer.isBuffer(body)) socket.write(body);
  let raw = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    raw += text;
  });
  const ended = finished(socket, () => raw);
  // A caller that only waits for a pattern does not await the end.
  ended.catch(() => undefined);
  return {
    socket,
    ended,
    until: (pattern) => matching(socket, () => raw, pattern),
    [Symbol.dispose]: () => socket.destroy(),
  };
}

/** The head and a body of text; bytes follow by themselves. */
export function requestText({ method, path, headers = {}, body }: ClientRequest): string {
  const text =
    body === undefined || Buffer.isBuffer(body) ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const sent: Record<string, string> = { host: 'engine', ...headers };
  if (body !== undefined) {
    sent['content-type'] ??= 'application/json';
    sent['content-length'] = String(Buffer.isBuffer(body) ? body.length : Buffer.byteLength(text));
  }
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method ?? (body === undefined ? 'GET' : 'POST')} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text}`;
}

/** The `data:` payloads of an event stream's body. */
export function eventsOf(body: string): string[] {
  return body
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice('data: '.length));
}

async function finished(socket: Socket, read: () => string): Promise<Answer> {
  await once(socket, 'close');
  return parseAnswer(read());
}

async function matching(socket: Socket, read: () => string, pattern: RegExp): Promise<string> {
  for (;;) {
    const text = read();
    if (pattern.test(text)) return text;
    if (socket.destroyed) throw new Error(`the connection ended before ${pattern}: got ${JSON.stringify(text)}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    socket.once('data', wake).once('close', wake);
    await promise;
    socket.off('data', wake).off('close', wake);
  }
}

function parseAnswer(raw: string): Answer {
  const end = raw.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = raw.slice(0, end).split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  const rest = Buffer.from(raw.slice(end + 4));
  const chunked = headers.some(([name, value]) => name === 'transfer-encoding' && value === 'chunked');
  const length = Number(headers.find(([name]) => name === 'content-length')?.[1] ?? 0);
  const body = chunked ? unchunk(rest) : { text: rest.toString(), complete: rest.length === length };
  return { status: Number(statusLine.split(' ')[1]), headers, body: body.text, complete: body.complete };
}

function unchunk(bytes: Buffer): { text: string; complete: boolean } {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = bytes.indexOf('\r\n', at);
    if (line === -1) return { text: Buffer.concat(parts).toString(), complete: false };
    const size = Number.parseInt(bytes.subarray(at, line).toString(), 16);
    if (size === 0) return { text: Buffer.concat(parts).toString(), complete: true };
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
