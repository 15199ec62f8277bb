// Serves one embedding request, from its bytes to its answer. It waits in the engine's queue like any other request.

import { decodeBody } from '../wire/decode-body.ts';
import { engineDead, simulatedFailure } from '../wire/api-error.ts';
import { decodeEmbeddingRequest, embeddingAnswer } from '../wire/embedding.ts';
import { type GenerateDeps, refusal, respondError } from './generate.ts';
import { readBody } from './read-body.ts';
import { type Exchange, respondJson } from './respond.ts';

export async function answerEmbeddings(exchange: Exchange, deps: GenerateDeps): Promise<void> {
  const text = await readBody(exchange);
  if (text === undefined) return;
  const fault = deps.faults.take();
  if (fault.kind === 'status') return respondError(exchange, simulatedFailure(fault.status));
  // An embedding has no tokens to stop at: these faults cut or stall it before its answer.
  if (fault.kind === 'halt') {
    if (fault.how === 'cut') exchange.response.socket?.destroySoon();
    return;
  }
  const body = decodeBody(exchange.request.headers['content-type'], text);
  const decoded = body.ok ? decodeEmbeddingRequest(body.fields, deps.model, deps.vocabulary) : body;
  if (!decoded.ok) return respondError(exchange, decoded.error);
  const { request } = decoded;
  const refused = refusal(deps, request.texts.length);
  if (refused) return respondError(exchange, refused);
  const head = { id: deps.createId(), created: Math.floor(Date.now() / 1000) };
  const running = deps.engine.admit({
    generations: [],
    promptTokens: request.promptTokens,
    maxTokens: 0,
    prefillMs: deps.prefillMs,
    decodeMs: 0,
    onTokens: () => undefined,
    onStep: () => undefined,
    onEnd: () => respondJson(exchange, 200, embeddingAnswer(request, head)),
    onFailed: () => respondError(exchange, engineDead),
  });
  exchange.response.on('close', () => running.abort());
}
