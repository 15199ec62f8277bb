// One connection at the local port: its first bytes decide whether it is answered here or joined with a path to the node.

import type { Socket } from 'node:net';

import { CodedError, errorText } from '@fairlead/kit';
import { joinStreams } from '@fairlead/ssh';

import { renderError } from './local-answers.ts';
import { decideLocal, type LocalDecision } from './local-head.ts';
import type { Path } from '../paths/live-paths.ts';
import { withOrigin } from './with-origin.ts';

export interface ServeLocalDeps {
  /** The path of a new connection to the endpoint that answers now. */
  open: (signal: AbortSignal) => Promise<Pick<Path, 'channel'>>;
  /** Origins whose web pages may use the port, as `parseOrigins` gives them. */
  allowedOrigins: readonly string[];
}

/** As long as the front lets a client hold a connection ready. */
const idleMs = 600_000;
/** How long a client may keep its side open, and silent, after its answer. */
const lingerMs = 2_000;
const retryAfterSeconds = 2;
/** Made once: making an error with its stack for each connection costs too much. */
const connectionClosed = new Error('the local connection was closed');

/** Takes ownership of the socket. Resolves when it is closed or answered; an error of the way is answered with 503. */
export async function serveLocal(socket: Socket, deps: ServeLocalDeps): Promise<void> {
  const request = await readRequest(socket, deps.allowedOrigins);
  if (!request) return;
  const { bytes, decision } = request;
  if (decision.kind === 'answer') return answer(socket, decision.bytes);
  let path: Pick<Path, 'channel'>;
  try {
    path = await openWhile(socket, deps);
  } catch (error) {
    return refuse(socket, error, decision);
  }
  const channel = decision.origin === undefined ? path.channel : withOrigin(path.channel, decision.origin);
  channel.write(bytes);
  const joined = joinStreams(socket, channel);
  socket.resume();
  await joined;
}

interface LocalRequest {
  bytes: Buffer;
  decision: Exclude<LocalDecision, { kind: 'more' }>;
}

/** Leaves the socket paused. Undefined when it ended, or nothing came for long. */
function readRequest(socket: Socket, allowed: readonly string[]): Promise<LocalRequest | undefined> {
  const { promise, resolve } = Promise.withResolvers<LocalRequest | undefined>();
  let bytes: Buffer | undefined;
  const settle = (request: LocalRequest | undefined) => {
    socket.off('data', onData).off('end', onGone).off('close', onGone).off('timeout', onGone).setTimeout(0);
    if (request) socket.pause();
    else socket.destroy();
    resolve(request);
  };
  const onGone = () => settle(undefined);
  const onData = (piece: Buffer) => {
    bytes = bytes ? Buffer.concat([bytes, piece]) : piece;
    const decision = decideLocal(bytes, allowed);
    if (decision.kind !== 'more') settle({ bytes, decision });
  };
  socket.on('data', onData).once('end', onGone).once('close', onGone).once('timeout', onGone).setTimeout(idleMs);
  return promise;
}

async function openWhile(socket: Socket, { open }: ServeLocalDeps): Promise<Pick<Path, 'channel'>> {
  const gone = new AbortController();
  const onClose = () => gone.abort(connectionClosed);
  socket.once('close', onClose);
  try {
    return await open(gone.signal);
  } finally {
    socket.off('close', onClose);
  }
}

/** Nothing was sent yet, so an HTTP answer can still say what is wrong. */
function refuse(
  socket: Socket,
  error: unknown,
  { method, origin }: { method: string; origin: string | undefined },
): void {
  const hint = error instanceof CodedError && error.hint ? ` ${error.hint}` : '';
  const code = error instanceof CodedError ? error.code : 'path_broken';
  const message = `${errorText(error)}.${hint}`;
  answer(socket, renderError({ status: 503, code, message, retryAfterSeconds, method, origin }));
}

function answer(socket: Socket, bytes: Buffer): void {
  if (socket.destroyed) return;
  socket.end(bytes);
  socket.setTimeout(lingerMs, () => socket.destroy());
  // Reads the request to its end and drops it: closing with unread bytes would reset the connection before the answer is read.
  socket.resume();
}
