// One HTTP request over a channel of its own: the front takes one request per connection, so no connection is kept alive.

import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { CodedError, errorText } from '@fairlead/kit';

import type { ClientErrorCode } from '../client-error.ts';
import type { Path } from '../paths/live-paths.ts';

export interface ChannelRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Headers;
  /** Bytes are sent with their length, a stream in chunks. */
  body?: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  signal?: AbortSignal | undefined;
}

export interface ChannelAnswer {
  /** Destroying it, or leaving a loop over it, closes the channel: the engine sees that. */
  incoming: IncomingMessage;
  /** Why reading it failed: the signal's reason, or `answer_cut`. */
  explain: (error: unknown) => unknown;
}

export interface ChannelRequestDeps<Way extends { channel: Duplex } = Path> {
  name: string;
  /** What the Host field says. Default: the name. */
  host?: string;
  /** Goes before each path. Default: nothing. */
  prefix?: string;
  paths: { open(signal?: AbortSignal): Promise<Way> };
  /** Sets the key of the endpoint that was reached. */
  authorize(headers: Headers, path: Way): void;
}

/**
 * Resolves with the head of the answer. The signal counts until the body has been read. Throws what `paths.open` throws, the
 * signal's reason, and `answer_cut` where the channel is lost: the request may have been taken, so that it is not sent again here.
 */
export async function sendOverChannel<Way extends { channel: Duplex }>(
  deps: ChannelRequestDeps<Way>,
  wanted: ChannelRequest,
): Promise<ChannelAnswer> {
  const { signal } = wanted;
  signal?.throwIfAborted();
  const path = await deps.paths.open(signal);
  const { channel } = path;
  const explain = (error: unknown) => (signal?.aborted ? signal.reason : cut(deps.name, channel.errored ?? error));
  const onAbort = () => channel.destroy();
  signal?.addEventListener('abort', onAbort, { once: true });
  channel.once('close', () => signal?.removeEventListener('abort', onAbort));
  if (signal?.aborted) onAbort();
  try {
    deps.authorize(wanted.headers, path);
    return { incoming: await exchange(deps, path.channel, wanted), explain };
  } catch (error) {
    channel.destroy();
    throw explain(error);
  }
}

async function exchange(
  { name, host = name, prefix = '' }: Pick<ChannelRequestDeps, 'name' | 'host' | 'prefix'>,
  channel: Duplex,
  wanted: ChannelRequest,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = httpRequest({
    createConnection: () => channel,
    method: wanted.method,
    path: prefix + wanted.path,
    headers: { ...Object.fromEntries(wanted.headers), host },
  });
  outgoing.on('response', (incoming) => {
    // A cut before the body is read must not end the process; a later reader gets the error from the stream's state.
    incoming.on('error', () => undefined);
    resolve(incoming);
  });
  // After the head of the answer, a failure comes through the answer's own stream.
  outgoing.on('error', reject);
  sendBody(outgoing, wanted).catch(reject);
  return promise;
}

async function sendBody(outgoing: ClientRequest, { body }: ChannelRequest): Promise<void> {
  if (body === undefined) outgoing.end();
  else if (body instanceof Uint8Array) outgoing.end(body);
  else await pipeline(Readable.from(body, { objectMode: false }), outgoing);
}

function cut(name: string, cause: unknown): CodedError<ClientErrorCode> {
  const isClosed = cause instanceof CodedError && cause.code === 'connection_closed';
  return new CodedError(
    isClosed ? 'connection_closed' : 'answer_cut',
    `cannot get the whole answer of ${name} because the connection was lost: ${errorText(cause)}`,
    { hint: isClosed ? 'Call `connect` again.' : 'Send the request again.', retryable: !isClosed, cause },
  );
}

/** The body as text. */
export async function readAnswer({ incoming, explain }: ChannelAnswer): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch (error) {
    throw explain(error);
  }
  return Buffer.concat(chunks).toString('utf8');
}
