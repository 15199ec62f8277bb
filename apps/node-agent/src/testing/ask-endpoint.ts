// A client at the bastion's data socket, as it comes out of the second hop.

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

export async function askChat(socketPath: string, body: object, key?: string): Promise<EndpointAnswer> {
  const response = await openChat(socketPath, body, key);
  return { status: response.statusCode ?? 0, body: await text(response) };
}
