import { describe, expect, test } from 'vitest';
import { openAiRoutes } from './openai-routes.ts';
import { createRouteTable } from './routes.ts';
import { describeWrongPath } from './wrong-path.ts';

const routes = createRouteTable(openAiRoutes);

const server = 'http://127.0.0.1:18000';
const say = (path: string, host: string | undefined = '127.0.0.1:18000', isTls = false) =>
  describeWrongPath({ path, routes, host, isTls });

describe('a path that is not served', () => {
  test.each([
    ['//chat/completions', '/v1/chat/completions', `to ${server}/v1, without a slash at its end.`],
    ['/v1//chat/completions', '/v1/chat/completions', `to ${server}/v1, without a slash at its end.`],
    ['/chat/completions', '/v1/chat/completions', `to ${server}/v1, without a slash at its end.`],
    ['/models', '/v1/models', `to ${server}/v1, without a slash at its end.`],
    ['/models/tiny', '/v1/models/tiny', `to ${server}/v1, without a slash at its end.`],
    ['/api/v1/chat/completions', '/v1/chat/completions', `to ${server}/v1`],
    ['/v1/chat/completions/chat/completions', '/v1/chat/completions', `to ${server}/v1, without a slash at its end.`],
    ['/v1/chat/completions/models', '/v1/models', `to ${server}/v1, without a slash at its end.`],
    ['/v1/v1/chat/completions', '/v1/chat/completions', `or to ${server}, if the client adds /v1 by itself.`],
    ['/v1/v1/messages', '/v1/messages', `(ANTHROPIC_BASE_URL) to ${server}: it has one /v1 too many`],
    ['/v1/v1/messages/count_tokens', '/v1/messages/count_tokens', `(ANTHROPIC_BASE_URL) to ${server}: it has`],
    ['//v1/messages', '/v1/messages', `(ANTHROPIC_BASE_URL) to ${server}, without a slash`],
    ['/messages', '/v1/messages', `(ANTHROPIC_BASE_URL) to ${server}, without a slash`],
    ['/v1/chat/completions/', '/v1/chat/completions', 'Leave out the slash at its end.'],
  ])('%s: names the one that is, and the base URL', (path, meant, cure) => {
    expect(say(path)).toContain(`${path} is not served, ${meant} is.`);
    expect(say(path)).toContain(cure);
  });

  test.each(['/', '/v1', '/v1/', '//v1/'])('%s: is a base URL', (path) => {
    expect(say(path)).toContain(`Set ${server}/v1 as the base URL of an OpenAI client`);
  });

  test.each(['/api/tags', '/api/chat', '/api/version', '/props'])('%s: names the setting to choose', (path) => {
    expect(say(path)).toContain('remove this address from "Ollama API"');
    expect(say(path)).toContain(`${server}/v1`);
  });

  test('of no meaning: names the paths that there are', () => {
    expect(say('/invocations')).toContain('/invocations is not served. Use the OpenAI-compatible paths');
  });

  test('never repeats a Host that could not be one, and knows what a proxy says of TLS', () => {
    expect(say('/models', 'a"><script>')).toContain('http://<host>:<port>/v1');
    expect(describeWrongPath({ path: '/models', routes, host: undefined, isTls: false })).toContain(
      'http://<host>:<port>/v1',
    );
    expect(say('/models', 'llm.example.org', true)).toContain('https://llm.example.org/v1');
  });
});
