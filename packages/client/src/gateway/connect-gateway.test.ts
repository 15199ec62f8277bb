// A member's connection to an HTTP server that answers as a gateway.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { Scope, Secret, systemClock as clock } from '@fairlead/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { connectGateway } from './connect-gateway.ts';
import { dialGateway } from './dial-gateway.ts';
import { createGatewayCalls } from './gateway-calls.ts';
import { parseGatewayUrl } from './gateway-url.ts';

let scope: Scope;
let url: string;
let seen: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const apiKey = new Secret('flk_member');

beforeEach(async () => {
  scope = new Scope();
  seen = [];
  answer = (request, response) =>
    response.end(
      JSON.stringify(
        request.method === 'GET'
          ? { object: 'list', data: [{ id: 'org/m', state: 'ready', max_model_len: 8192 }] }
          : { choices: [{ message: { content: 'hi' } }] },
      ),
    );
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host} ${request.headers.authorization}`);
    request.resume().once('end', () => answer(request, response));
  });
  scope.defer(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterEach(() => scope[Symbol.asyncDispose]());

it('A member asks a model by its name, at a path of the proxy too', async () => {
  await using connection = await connectGateway('org/m', { url: `${url}/llm/v1/`, apiKey });
  expect(connection).toMatchObject({ servedModel: 'org/m', baseURL: `${url}/llm/v1`, model: { max_model_len: 8192 } });
  const { choices } = await connection.chat({ messages: [{ role: 'user', content: 'hi' }] });
  expect(choices[0]?.message.content).toBe('hi');
  const host = url.slice('http://'.length);
  expect(seen).toEqual([
    `GET /llm/v1/models ${host} Bearer flk_member`,
    `POST /llm/v1/chat/completions ${host} Bearer flk_member`,
  ]);
});

it('The local port wants its own key, and the gateway sees that of the member', async () => {
  await using connection = await connectGateway('org/m', { url, apiKey, port: 0 });
  expect(connection.baseURL).not.toContain(url);
  expect(connection.apiKey).not.toBe('flk_member');
  const ask = (key: string) => fetch(`${connection.baseURL}/models`, { headers: { authorization: `Bearer ${key}` } });
  expect((await ask('sk-other')).status).toBe(401);
  expect(seen).toHaveLength(1);
  expect(await (await ask(connection.apiKey)).json()).toMatchObject({ data: [{ id: 'org/m' }] });
  expect(seen[1]).toMatch(/Bearer flk_member$/);
});

it.each([
  ['a model that is not offered', 'org/n', { code: 'model_not_offered', hint: expect.stringContaining('org/m') }],
  ['a name with a typo', 'org/', { code: 'model_not_offered' }],
])('%s is told with those that are', async (_, name, error) => {
  await expect(connectGateway(name, { url, apiKey })).rejects.toMatchObject(error);
});

const calls = () =>
  createGatewayCalls({
    url: parseGatewayUrl(url),
    apiKey,
    dial: (signal) => dialGateway(parseGatewayUrl(url), { clock, signal }),
  });

it('What a gateway refuses keeps its code and its hint', async () => {
  const error = { message: 'cannot join because x', code: 'invite_used', hint: 'Ask.' };
  answer = (_, response) => response.writeHead(410).end(JSON.stringify({ error }));
  await expect(calls().join(new Secret('flj_a'))).rejects.toMatchObject({
    wireCode: 'invite_used',
    message: error.message,
    hint: 'Ask.',
    status: 410,
  });
});

it.each([
  ['a login page', 200, '<html>Sign in</html>'],
  ['an error of a proxy', 502, '<html>Bad Gateway</html>'],
  ['other JSON', 200, '{"x":1}'],
])('%s in place of a gateway is told', async (_, status, body) => {
  answer = (_request, response) => response.writeHead(status).end(body);
  await expect(calls().listModels()).rejects.toMatchObject({
    code: 'answer_invalid',
    message: expect.stringContaining(url),
  });
});

it.each([
  ['http://127.0.0.1:1', /nothing listens on port 1/],
  ['http://name.invalid', /no address is known for name\.invalid/],
])('%s cannot be reached, with the reason', async (away, why) => {
  await expect(dialGateway(parseGatewayUrl(away), { clock })).rejects.toMatchObject({
    code: 'gateway_unreachable',
    message: expect.stringMatching(why),
  });
});

it('A URL of https that leads to a server without TLS says so', async () => {
  const secure = parseGatewayUrl(url.replace('http:', 'https:'));
  await expect(dialGateway(secure, { clock })).rejects.toThrow(/speaks no TLS/);
});

it.each(['', 'llm.example.org', 'ftp://a', 'https://a:b@c', 'https://a/?key=1'])(
  '%j is no URL of a gateway',
  (text) => {
    expect(() => parseGatewayUrl(text)).toThrow(expect.objectContaining({ code: 'gateway_url_invalid' }));
  },
);
