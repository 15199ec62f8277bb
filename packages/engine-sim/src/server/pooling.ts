// Serves one request that generates nothing (embeddings, classes, scores, reranking), from its bytes to its answer. It waits in the engine's
// queue like any other request.

import { decodeBody } from '../wire/decode-body.ts';
import { engineDead, simulatedFailure } from '../wire/api-error.ts';
import { decodeClassifyRequest } from '../wire/classification.ts';
import { decodeCohereRequest } from '../wire/cohere-embedding.ts';
import { decodeEmbeddingRequest } from '../wire/embedding.ts';
import type { Fields } from '../wire/fields.ts';
import type { DecodedPooling } from '../wire/pooling-request.ts';
import { decodePoolingRequest } from '../wire/raw-pooling.ts';
import type { Offer } from '../wire/routes.ts';
import { decodeRerankRequest, decodeScoreRequest, isRerankRequest, isScoreRequest } from '../wire/scoring.ts';
import { type GenerateDeps, refusal, respondError } from './generate.ts';
import { readBody } from './read-body.ts';
import { type Exchange, respondJson } from './respond.ts';

export type PoolingRoute = 'embeddings' | 'cohere-embed' | 'pooling' | 'classify' | 'score' | 'rerank' | 'invocations';

export interface PoolingDeps {
  generate: GenerateDeps;
  offer: Offer;
}

export async function answerPooling(route: PoolingRoute, exchange: Exchange, deps: PoolingDeps): Promise<void> {
  const { engine, faults, createId, prefillMs } = deps.generate;
  const text = await readBody(exchange);
  if (text === undefined) return;
  const fault = faults.take();
  if (fault.kind === 'status') return respondError(exchange, simulatedFailure(fault.status));
  // An answer without tokens has none to stop at: these faults cut or stall it before its answer.
  if (fault.kind === 'halt') {
    if (fault.how === 'cut') exchange.response.socket?.destroySoon();
    return;
  }
  const body = decodeBody(exchange.request.headers['content-type'], text);
  const decoded = body.ok ? decode(route, body.fields, deps) : body;
  if (!decoded.ok) return respondError(exchange, decoded.error);
  const { request } = decoded;
  const refused = refusal(deps.generate, request.sequences);
  if (refused) return respondError(exchange, refused);
  const head = { id: createId(), created: Math.floor(Date.now() / 1000) };
  const running = engine.admit({
    generations: [],
    promptTokens: request.promptTokens,
    maxTokens: 0,
    prefillMs,
    decodeMs: 0,
    onTokens: () => undefined,
    onStep: () => undefined,
    onEnd: () => respondJson(exchange, 200, request.answer(head)),
    onFailed: () => respondError(exchange, engineDead),
  });
  exchange.response.on('close', () => running.abort());
}

function decode(route: PoolingRoute, fields: Fields, { generate, offer }: PoolingDeps): DecodedPooling {
  const { model, vocabulary } = generate;
  const scorer = { model, comparison: offer.score || 'vectors' } as const;
  const task = offer.score === 'pairs' ? 'classify' : 'embed';
  switch (route) {
    case 'embeddings':
      return decodeEmbeddingRequest(fields, model, vocabulary);
    case 'cohere-embed':
      return decodeCohereRequest(fields, model);
    case 'pooling':
      return decodePoolingRequest(fields, { model, vocabulary, task });
    case 'classify':
      return decodeClassifyRequest(fields, model, vocabulary);
    case 'score':
      return decodeScoreRequest(fields, scorer);
    case 'rerank':
      return decodeRerankRequest(fields, scorer);
    case 'invocations':
      if (offer.score && isRerankRequest(fields)) return decodeRerankRequest(fields, scorer);
      if (offer.score && isScoreRequest(fields)) return decodeScoreRequest(fields, scorer);
      if (task === 'classify') return decodeClassifyRequest(fields, model, vocabulary);
      return decodeEmbeddingRequest(fields, model, vocabulary);
  }
}
