// One question to the gateway that serves a directory, by its operator's socket.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

import { operatorSocket } from './operator-server.ts';

export interface OperatorQuestion {
  method: 'GET' | 'POST';
  path: string;
  body?: string;
  /** A process that is stopped (SIGSTOP) takes connections and never answers. */
  timeoutMs: number;
}

/** Rejects with what the system says, and where no answer comes in time. */
export async function askOperatorSocket(
  stateDir: string,
  { method, path, body = '', timeoutMs }: OperatorQuestion,
): Promise<{ status: number | undefined; text: string }> {
  const socketPath = operatorSocket(stateDir);
  const asked = request({ socketPath, method, path, agent: false, timeout: timeoutMs });
  asked.once('timeout', () => asked.destroy(new Error(`it has not answered for ${timeoutMs / 1_000} s`)));
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode, text: await text(response) };
}
