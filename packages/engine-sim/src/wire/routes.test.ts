import { expect, test } from 'vitest';
import { decodePath, isGuarded, matchRoute, routesOf } from './routes.ts';

const vllmRoutes = routesOf({
  generate: true,
  embed: true,
  score: 'vectors',
  transcribe: true,
  adapterUpdates: true,
});

const guarded = ['/v1', '/v1/models', '/v1/nope', '/v2/embed', '/inference/v1/generate', '/cohere/v2/chat'];
const open = `
  /health /ping /version /load /metrics /invocations /tokenize /detokenize /generative_scoring /scale_elastic_ep
  /docs /openapi.json /kv_event_sources //v1/models /V1/models`
  .trim()
  .split(/\s+/);

test.each(guarded)('isGuarded: %s asks for the key', (path) => {
  expect(isGuarded('GET', path)).toBe(true);
  expect(isGuarded('POST', path)).toBe(true);
  expect(isGuarded('OPTIONS', path)).toBe(false);
});

test.each(open)('isGuarded: %s does not', (path) => {
  expect(isGuarded('POST', path)).toBe(false);
});

test('isGuarded: exactly the /v1 and /v2 routes of the table ask for the key', () => {
  const found = vllmRoutes.filter(({ path }) => isGuarded('GET', path)).map(({ path }) => path);
  expect(found).toEqual(vllmRoutes.map(({ path }) => path).filter((path) => /^[/]v[12][/]/.test(path)));
  expect(found).toContain('/v1/load_lora_adapter');
});

test.each([
  ['/%76%31/models', '/v1/models'],
  ['/v1/models?x=/health', '/v1/models'],
  ['http://elsewhere/v1/models', '/v1/models'],
  ['/%zz', '/%zz'],
])('decodePath: %s is %s', (target, path) => {
  expect(decodePath(target)).toBe(path);
});

test('routesOf: leaves out the routes of options that are off', () => {
  const paths = (offer: Parameters<typeof routesOf>[0]) => routesOf(offer).map(({ path }) => path);
  const none = { generate: false, embed: false, score: false, transcribe: false, adapterUpdates: false } as const;
  expect(paths({ ...none, generate: true })).not.toContain('/v1/embeddings');
  expect(paths({ ...none, embed: true })).not.toContain('/v1/chat/completions');
  expect(paths({ ...none, embed: true })).not.toContain('/rerank');
  expect(paths({ ...none, embed: true })).not.toContain('/classify');
  expect(paths({ ...none, generate: true })).not.toContain('/pooling');
  expect(paths({ ...none, score: 'pairs' })).toEqual(expect.arrayContaining(['/pooling', '/classify']));
  expect(paths({ ...none, score: 'pairs' })).toEqual(expect.arrayContaining(['/score', '/v1/rerank', '/v2/rerank']));
  expect(paths({ ...none, transcribe: true })).toContain('/v1/audio/transcriptions');
  expect(paths(none)).not.toContain('/v1/load_lora_adapter');
});

test('matchRoute: a segment in braces is any one segment that is not empty', () => {
  expect(matchRoute(vllmRoutes, 'GET', '/v1/responses/resp_1')).toMatchObject({ route: { name: 'response' } });
  expect(matchRoute(vllmRoutes, 'GET', '/v1/responses/')).toEqual({ kind: 'not-found' });
  expect(matchRoute(vllmRoutes, 'GET', '/v1/responses/a/b')).toEqual({ kind: 'not-found' });
});

test('matchRoute: a known path with another method returns the allowed methods', () => {
  expect(matchRoute(vllmRoutes, 'GET', '/v1/chat/completions')).toEqual({ kind: 'method-not-allowed', allow: 'POST' });
  expect(matchRoute(vllmRoutes, 'DELETE', '/ping')).toEqual({ kind: 'method-not-allowed', allow: 'GET, POST' });
  expect(matchRoute(vllmRoutes, 'GET', '/v1/chat')).toEqual({ kind: 'not-found' });
  expect(matchRoute(vllmRoutes, 'POST', '/ping')).toMatchObject({ kind: 'route', route: { name: 'health' } });
});
