// What the bodies of a real vLLM 0.32 and of the front become. Recorded, apart from the last ones.

import { describe, expect, test } from 'vitest';

import { decodeEngineError, decodeErrorEvent, EngineError } from './engine-error.ts';

const openAi = (message: string, param: string | null, code: number | string) =>
  JSON.stringify({ error: { message, type: 'BadRequestError', param, code } });

describe('decodeEngineError', () => {
  test.each([
    [
      'a wrong model',
      404,
      openAi('The model `nope` does not exist. Valid aliases: tiny.', 'model', 404),
      'model_unknown',
    ],
    [
      'a wrong model of the Messages API',
      404,
      '{"type":"error","error":{"type":"NotFoundError","message":"The model `nope` does not exist. Valid aliases: tiny."}}',
      'model_unknown',
    ],
    ['a wrong key at the engine', 401, '{"error":"Unauthorized"}', 'key_refused'],
    ['a wrong key at the front', 401, openAi("The key is not this deployment's.", null, 'unauthorized'), 'key_refused'],
    ['a route that is not there', 404, '{"detail":"Not Found"}', 'route_unknown'],
    ['another method', 405, '{"detail":"Method Not Allowed"}', 'route_unknown'],
    ['a route the front refuses', 404, openAi('This path is not served.', null, 'route_refused'), 'route_unknown'],
    [
      'too long a prompt',
      400,
      openAi(
        "This model's maximum context length is 2048 tokens. However, your prompt contains …",
        'input_tokens',
        400,
      ),
      'prompt_too_long',
    ],
    [
      'too many tokens',
      400,
      openAi('max_tokens=999999 cannot be greater than max_model_len=2048.', 'max_tokens', 400),
      'prompt_too_long',
    ],
    [
      'a wrong field',
      400,
      openAi('temperature must be non-negative, got -3.0.', 'temperature', 400),
      'request_invalid',
    ],
    ['too large a body', 413, openAi('The request body is larger than 5 bytes.', null, 413), 'request_too_large'],
    ['too many at once', 429, openAi('Too many requests.', null, 'too_many'), 'engine_busy'],
    ['a drain', 503, openAi('This instance is about to end.', null, 'draining'), 'engine_unavailable'],
    [
      'an engine that is gone',
      502,
      openAi('The engine did not answer.', null, 'engine_unavailable'),
      'engine_unavailable',
    ],
    ['an engine that died', 500, openAi('EngineCore encountered an issue.', null, 500), 'engine_failed'],
    ['a page of a proxy', 504, '<html>gateway time-out</html>', 'engine_failed'],
    ['nothing at all', 500, '', 'engine_failed'],
  ])('names %s', (_what, status, text, code) => {
    const error = decodeEngineError('chat with a', { status, text });
    expect(error).toMatchObject({ code, status });
    expect(error.message).toMatch(new RegExp(`^cannot chat with a because the answer was ${status}: .+`));
    expect(error.hint).toBeTruthy();
  });

  test('keeps what the engine says, the field and the wait', () => {
    const error = decodeEngineError('chat with a', {
      status: 503,
      text: openAi('Come back.', 'messages', 'draining'),
      retryAfter: '7',
    });
    expect(error).toMatchObject({ param: 'messages', type: 'BadRequestError', retryAfterMs: 7_000, retryable: true });
    expect(error.message).toContain('Come back.');
  });
});

describe('decodeErrorEvent', () => {
  test('takes an error in the middle of a stream for what its code says', () => {
    const event = { error: { message: 'EngineCore encountered an issue.', type: 'InternalServerError', code: 500 } };
    expect(decodeErrorEvent('chat with a', event)).toMatchObject({ code: 'engine_failed', status: 500 });
    expect(decodeErrorEvent('chat with a', { error: {} })).toBeInstanceOf(EngineError);
  });

  test('leaves other events alone', () => {
    expect(decodeErrorEvent('chat with a', { choices: [], error: null })).toBeUndefined();
    expect(decodeErrorEvent('chat with a', 'text')).toBeUndefined();
  });
});
