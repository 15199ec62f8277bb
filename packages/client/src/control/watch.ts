// One watcher's WebSocket to control as an async iterable: a snapshot, then changes. Ends with the connection; reconnecting is the caller's.

import { once } from 'node:events';
import type { Duplex } from 'node:stream';

import { callLater, type Clock, CodedError, type Secret, systemClock, untilAborted } from '@fairlead/kit';
import { decodeText, type WatchMessage, watchMessage } from '@fairlead/protocol';
import { WebSocket } from 'ws';

import type { ClientErrorCode } from '../client-error.ts';
import { answerError, readBody } from './control-api.ts';

/** Control pings every few seconds; a link silent for this long is dead. */
const silenceTimeoutMs = 30_000;
/** Characters that wait for a slow reader; with more, control is not read on: it lets go of who stays behind, and begins anew. */
const waitingLimit = 4 * 1024 * 1024;

export interface WatchDeps {
  openSocket(): Promise<Duplex>;
  ownerToken: Secret;
  /** Default: the system's. */
  clock?: Clock | undefined;
  /** What else to be told of, as the query of `/v1/watch`: `events=true`. */
  query?: string;
}

/** Leaving the loop, or the signal, closes the connection. Throws `control_unreachable` when it is lost. */
export async function* watchControl(deps: WatchDeps, signal?: AbortSignal): AsyncGenerator<WatchMessage> {
  signal?.throwIfAborted();
  const { clock = systemClock } = deps;
  const socket = await openUntilAborted(deps, signal);
  const ws = new WebSocket(`ws://control/v1/watch${deps.query ? `?${deps.query}` : ''}`, {
    createConnection: () => socket as never,
    perMessageDeflate: false,
    headers: { authorization: `Bearer ${deps.ownerToken.reveal()}` },
  });
  const queue = createQueue(ws, clock, signal);
  try {
    await queue.opened;
    for (;;) {
      const text = await queue.next();
      const decoded = decodeText(watchMessage, text);
      // A kind this version does not know is not for it.
      if (decoded.ok) yield decoded.value;
    }
  } finally {
    queue.close();
    ws.terminate();
    socket.destroy();
  }
}

/** A socket that opens after the signal is closed again. */
async function openUntilAborted(deps: WatchDeps, signal: AbortSignal | undefined): Promise<Duplex> {
  const opening = deps.openSocket();
  try {
    return await untilAborted(opening, signal);
  } catch (error) {
    opening.then(
      (late) => late.destroy(),
      () => undefined,
    );
    throw error;
  }
}

function createQueue(ws: WebSocket, clock: Clock, signal: AbortSignal | undefined) {
  const texts: string[] = [];
  let waiting = 0;
  const ended = Promise.withResolvers<never>();
  // The next read gets it: the end may come while no read is waiting.
  ended.promise.catch(() => undefined);
  let wake = Promise.withResolvers<void>();
  const closed = new AbortController();
  let heardMs = clock.monotonicMs();

  const fail = (cause: unknown) =>
    ended.reject(
      signal?.aborted
        ? signal.reason
        : new CodedError<ClientErrorCode>(
            'control_unreachable',
            'cannot go on watching because the connection to control ended',
            { retryable: true, cause },
          ),
    );
  const heard = () => {
    heardMs = clock.monotonicMs();
  };
  const goOn = () => {
    ws.resume();
    heard();
  };
  const onAbort = () => fail(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  ws.on('message', (data: Buffer) => {
    const text = data.toString('utf8');
    texts.push(text);
    waiting += text.length;
    if (waiting > waitingLimit) ws.pause();
    heard();
    wake.resolve();
  });
  ws.on('ping', heard);
  ws.on('unexpected-response', (_request, answer) => {
    readBody(answer).then((text) => ended.reject(answerError(answer.statusCode ?? 500, text)), fail);
  });
  ws.on('error', fail);
  ws.on('close', (code) => fail(new Error(`closed with code ${code}`)));
  const lookAgain = () => {
    const leftMs = silenceTimeoutMs - (clock.monotonicMs() - heardMs);
    // While we do not read on, silence says nothing.
    if (leftMs <= 0 && !ws.isPaused) fail(new Error('silence'));
    else lookLater(leftMs > 0 ? leftMs : silenceTimeoutMs);
  };
  const lookLater = (afterMs: number) => callLater(lookAgain, { clock, afterMs, signal: closed.signal });
  lookLater(silenceTimeoutMs);

  return {
    opened: Promise.race([once(ws, 'open'), ended.promise]),
    async next(): Promise<string> {
      for (;;) {
        const text = texts.shift();
        if (text !== undefined) {
          waiting -= text.length;
          if (ws.isPaused && waiting <= waitingLimit / 2) goOn();
          return text;
        }
        wake = Promise.withResolvers<void>();
        await Promise.race([wake.promise, ended.promise]);
      }
    },
    close() {
      closed.abort();
      signal?.removeEventListener('abort', onAbort);
    },
  };
}
