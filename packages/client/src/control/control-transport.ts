// HTTP requests to control. Knows the wire, not SSH: `openSocket` makes a connection.

import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { CodedError, defined, errorText, type Secret, untilAborted } from '@fairlead/kit';
import { decodeText, errorBody } from '@fairlead/protocol';

import { type ClientErrorCode, ControlAnswerError } from '../client-error.ts';

export interface ControlApiDeps {
  /** A verified connection to control; the API closes it. */
  openSocket(): Promise<Duplex>;
  ownerToken: Secret;
}

export interface ControlRequest {
  method: string;
  path: string;
  /** JSON. */
  body: string | undefined;
}

/** Disposal closes the connections. */
export interface ControlTransport extends Disposable {
  /** Resolves with the head of the answer; the caller reads its body. Throws `ControlAnswerError` for an error answer, `control_unreachable` where the connection is lost, what `openSocket` throws, and the signal's reason. */
  send(request: ControlRequest, signal: AbortSignal | undefined): Promise<IncomingMessage>;
}

export function createControlTransport(deps: ControlApiDeps): ControlTransport {
  const agent = openAgent(deps);
  return {
    async send({ method, path, body }, signal) {
      signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const headers: Record<string, string> = { authorization: `Bearer ${deps.ownerToken.reveal()}`, host: 'control' };
      if (body !== undefined)
        Object.assign(headers, {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
        });
      const request = httpRequest({ agent, method, path, headers, ...defined({ signal }) }, resolve);
      request.on('error', (error) => reject(signal?.aborted ? signal.reason : lostControl(error)));
      request.end(body);
      // While the request waits for its connection, Node does not look at the signal.
      const answer = await untilAborted(promise, signal);
      if ((answer.statusCode ?? 0) < 400) return answer;
      throw answerError(answer.statusCode ?? 500, await readAnswerBody(answer));
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function openAgent(deps: ControlApiDeps): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 4, scheduling: 'lifo' });
  agent.createConnection = ((_options: object, done: (error: Error | null, socket?: Duplex) => void) => {
    deps.openSocket().then(
      (socket) => done(null, socket),
      (error: Error) => done(error),
    );
    return undefined;
  }) as unknown as typeof agent.createConnection;
  return agent;
}

/** Throws `control_unreachable` where the connection is lost before the end of the body. */
export async function readAnswerBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) chunks.push(chunk as Buffer);
  } catch (error) {
    throw lostControl(error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What `openSocket` threw has its own words. */
export function lostControl(error: unknown): CodedError<string> {
  if (error instanceof CodedError && error.code !== 'connection_lost') return error;
  return new CodedError<ClientErrorCode>(
    'control_unreachable',
    `cannot get control's answer because the connection to it was lost: ${errorText(error)}`,
    { hint: 'Try again; `fairlead doctor` looks at the way.', retryable: true, cause: error },
  );
}

export function answerError(status: number, text: string): ControlAnswerError {
  const decoded = decodeText(errorBody, text);
  if (decoded.ok) return new ControlAnswerError(status, decoded.value.error);
  return new ControlAnswerError(status, { code: 'internal', message: `control answered ${status} without saying why` });
}
