import { expect, it } from 'vitest';

import { type Dialect, dialectOf, errorBodyOf, errorEventOf } from './dialect.ts';
import { createEventReader } from './event-reader.ts';
import { readErrorBody, readErrorEvent } from './read-error.ts';

const error = { status: 502, code: 'engine_unavailable', message: 'The instance has ended.\nTry again.' };

it.each<[string, Dialect]>([
  ['/v1/chat/completions', 'openai'],
  ['/v1/responses', 'openai-responses'],
  ['/v1/messages', 'anthropic'],
  ['/v1/messages/count_tokens', 'anthropic'],
  ['/rerank', 'openai'],
])('An error of %s is one event and one body that readers understand', (path, dialect) => {
  expect(dialectOf(path)).toBe(dialect);
  const reader = createEventReader();
  const [data = '', ...more] = reader.read(errorEventOf(dialect, error));
  expect(more).toEqual([]);
  expect(reader.isDone).toBe(false);
  expect(readErrorEvent(JSON.parse(data))?.content.message).toBe(error.message);
  expect(readErrorBody(JSON.stringify(errorBodyOf(dialect, error))).message).toBe(error.message);
});

it.each([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [503, 'overloaded_error'],
  [500, 'api_error'],
])("Anthropic's word for %i is %s", (status, type) => {
  expect(errorBodyOf('anthropic', { ...error, status })).toMatchObject({ type: 'error', error: { type } });
});
