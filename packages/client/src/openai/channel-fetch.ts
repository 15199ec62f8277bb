// `fetch` for one deployment, straight over its channel: no local port, bodies stream both ways, an abort closes the channel.

import { CodedError } from '@fairlead/kit';

import { type ChannelAnswer, type ChannelRequestDeps, sendOverChannel } from './channel-request.ts';
import type { ClientErrorCode } from '../client-error.ts';

export type Fetch = typeof globalThis.fetch;

export interface ChannelFetchDeps extends ChannelRequestDeps {
  /** The origins that stand for the deployment; the first one also for a bare path. */
  origins: readonly [string, ...string[]];
}

/** Redirects are not followed and nothing is decompressed; neither happens with an engine. */
export function createChannelFetch(deps: ChannelFetchDeps): Fetch {
  return async (input, init = {}) => {
    const isUrl = typeof input === 'string' || input instanceof URL;
    const request = new Request(isUrl ? resolveUrl(String(input), deps) : input, { duplex: 'half', ...init });
    const url = new URL(request.url);
    if (!deps.origins.includes(url.origin)) throw foreign(url, deps);
    // A Request's own signal only follows the caller's for as long as the Request is not collected.
    const signal = init.signal ?? (isUrl ? undefined : input.signal);
    const answer = await sendOverChannel(deps, {
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: headersOf(request),
      body: bodyOf(request, init),
      signal,
    });
    return toResponse(answer, request.url);
  };
}

function resolveUrl(input: string, { origins }: ChannelFetchDeps): string {
  return new URL(input, origins[0]).href;
}

function headersOf(request: Request): Headers {
  const headers = new Headers(request.headers);
  // Fields of one connection, and a content encoding, which this fetch does not decode.
  for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host', 'accept-encoding'])
    headers.delete(name);
  return headers;
}

function bodyOf(request: Request, init: RequestInit): Uint8Array | AsyncIterable<Uint8Array> | undefined {
  if (typeof init.body === 'string') return Buffer.from(init.body);
  if (init.body instanceof Uint8Array) return init.body;
  return request.body ?? undefined;
}

function toResponse(answer: ChannelAnswer, url: string): Response {
  const { incoming } = answer;
  const status = incoming.statusCode ?? 502;
  const isEmpty = status === 204 || status === 205 || status === 304;
  if (isEmpty) incoming.resume();
  const response = new Response(isEmpty ? null : toWebStream(answer), {
    status,
    statusText: incoming.statusMessage ?? '',
    headers: headersFrom(incoming.rawHeaders),
  });
  return Object.defineProperty(response, 'url', { value: url });
}

function headersFrom(raw: string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < raw.length; at += 2) headers.append(raw[at]!, raw[at + 1]!);
  return headers;
}

/** How much is read ahead of the reader, bytes. */
const readAhead = 64 * 1024;

function toWebStream({ incoming, explain }: ChannelAnswer): ReadableStream {
  let isOver = false;
  const finish = (then: () => void) => {
    if (!isOver) then();
    isOver = true;
  };
  return new ReadableStream(
    {
      type: 'bytes',
      start(controller) {
        incoming.on('data', (chunk: Buffer) => {
          if (isOver) return;
          // A byte stream takes the memory it is given, and this one may be shared with other channels.
          controller.enqueue(new Uint8Array(chunk));
          if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
        });
        incoming.once('end', () =>
          finish(() => {
            controller.close();
            controller.byobRequest?.respond(0);
          }),
        );
        incoming.once('error', (error) => finish(() => controller.error(explain(error))));
        incoming.once('close', () => finish(() => controller.error(explain(new Error('it ended early')))));
      },
      pull() {
        incoming.resume();
      },
      cancel() {
        finish(() => incoming.destroy());
      },
    },
    { highWaterMark: readAhead },
  );
}

function foreign(url: URL, { name, origins }: ChannelFetchDeps): CodedError<ClientErrorCode> {
  return new CodedError('url_refused', `cannot fetch ${url.origin} because this connection leads to ${name} alone`, {
    hint: `Use ${origins[0]}/v1/…, or a path such as /v1/models; other hosts are for the global fetch.`,
  });
}
