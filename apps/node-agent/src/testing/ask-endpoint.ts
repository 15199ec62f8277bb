// A client at the bastion's data socket, as it comes out of the second hop.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { apiKey } from './agent-world.ts';

export interface EndpointAnswer {
  status: number;
  body: string;
}

export function chatRequest(change: object = {}): object {
  return { model: 'demo', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 8, ...change };
}

/** Resolves with the answer's head; its body is not read yet. */
export function openChat(socketPath: string, body: object, key = apiKey): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asking = request({
    socketPath,
    method: 'POST',
    path: '/v1/chat/completions',
    agent: false,
    headers: { host: 'x', 'content-type': 'application/json', authorization: `Bearer ${key}` },
  });
  asking.once('response', resolve);
  asking.once('error', reject);
  asking.end(JSON.stringify(body));
  return promise;
}

/** The page of `GET /metrics`. */
export async function askMetrics(socketPath: string): Promise<EndpointAnswer> {
  const headers = { host: 'x', authorization: `Bearer ${apiKey}` };
  const asking = request({ socketPath, path: '/metrics', agent: false, headers }).end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

export async function askChat(socketPath: string, body: object, key?: string): Promise<EndpointAnswer> {
  const response = await openChat(socketPath, body, key);
  return { status: response.statusCode ?? 0, body: await text(response) };
}
