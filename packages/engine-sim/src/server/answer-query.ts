// The routes that need no engine: tokens, adapters, stored responses.

import { countMessageTokens } from '../wire/decode-messages-request.ts';
import { type ApiError, asAnthropic, responseNotFound } from '../wire/api-error.ts';
import { decodeBody } from '../wire/decode-body.ts';
import type { Fields } from '../wire/fields.ts';
import { detokenize, tokenize } from '../wire/tokenize.ts';
import type { Adapters } from './adapters.ts';
import { type GenerateDeps, respondError } from './generate.ts';
import { readBody } from './read-body.ts';
import { type Exchange, respondJson, respondText } from './respond.ts';

export type QueryRoute = 'tokenize' | 'detokenize' | 'count-tokens' | 'load-adapter' | 'unload-adapter';

export interface QueryDeps {
  generate: GenerateDeps;
  adapters: Adapters;
}

type Result = { ok: true; body: unknown } | { ok: true; text: string } | { ok: false; error: ApiError };

export async function answerQuery(route: QueryRoute, exchange: Exchange, deps: QueryDeps): Promise<void> {
  const text = await readBody(exchange);
  if (text === undefined) return;
  const body = decodeBody(exchange.request.headers['content-type'], text);
  const result = body.ok ? await query(route, body.fields, deps) : body;
  if (!result.ok) respondError(exchange, result.error);
  else if ('text' in result)
    respondText(exchange, 200, result.text, ['content-length', String(Buffer.byteLength(result.text))]);
  else respondJson(exchange, 200, result.body);
}

async function query(route: QueryRoute, fields: Fields, { generate, adapters }: QueryDeps): Promise<Result> {
  const { model, vocabulary } = generate;
  switch (route) {
    case 'tokenize':
      return tokenize(fields, model, vocabulary);
    case 'detokenize':
      return detokenize(fields, model, vocabulary);
    case 'count-tokens': {
      const counted = countMessageTokens(fields, model);
      if (!counted.ok) return { ok: false, error: asAnthropic(counted.error) };
      const { tokens } = counted;
      return { ok: true, body: { input_tokens: tokens, context_management: { original_input_tokens: tokens } } };
    }
    case 'load-adapter':
      return adapters.load(fields);
    case 'unload-adapter':
      return adapters.unload(fields);
  }
}

/** `GET /v1/responses/{id}` and its `cancel`. No response is ever stored. */
export function answerStoredResponse(exchange: Exchange, path: string): void {
  respondError(exchange, responseNotFound(path.split('/')[3] ?? ''));
}
