// Serves one generating request, from its bytes to its last event. Aborts it when its client leaves, so that it costs others nothing.

import { scriptTokens } from '../answer/script.ts';
import type { EngineCore } from '../engine/engine-core.ts';
import type { EngineRequest, RunningRequest } from '../engine/engine-request.ts';
import { createGeneration, type Generation } from '../engine/generation.ts';
import { hashText } from '../engine/random.ts';
import type { Vocabulary } from '../engine/vocabulary.ts';
import type { AnswerContext, ChoiceResult, Usage } from '../wire/answer.ts';
import { type ApiError, cannotSchedule, engineDead, queueFull, simulatedFailure } from '../wire/api-error.ts';
import { decodeGenerateRequest, errorOf, type GenerateRoute } from '../wire/decode-generate-request.ts';
import type { GenerateRequest, ServedModel } from '../wire/generate-request.ts';
import { pickStream, pickWhole } from '../wire/pick-answer.ts';
import type { FaultBox, RequestFault } from './fault-box.ts';
import { readBody } from './read-body.ts';
import { type Exchange, openEventStream, respondJson } from './respond.ts';

export interface GenerateDeps {
  engine: EngineCore;
  model: ServedModel;
  vocabulary: Vocabulary;
  faults: FaultBox;
  seed: number;
  prefillMs: number;
  decodeMs: number;
  createId: () => string;
  /** Whether the server has been told to stop. */
  draining: () => boolean;
}

export async function generate(route: GenerateRoute, exchange: Exchange, deps: GenerateDeps): Promise<void> {
  const { request } = exchange;
  const text = await readBody(exchange);
  if (text === undefined) return;
  const fault = deps.faults.take();
  if (fault.kind === 'status') return respondError(exchange, errorOf(route, simulatedFailure(fault.status)));
  const decoded = decodeGenerateRequest(route, { contentType: request.headers['content-type'], text }, deps);
  if (!decoded.ok) return respondError(exchange, decoded.error);
  const refused = refusal(deps, decoded.request.choices.length);
  if (refused) return respondError(exchange, errorOf(route, refused));
  runRequest(exchange, decoded.request, fault, deps);
}

/** The reason why the engine takes no more requests; undefined if it does. */
export function refusal({ engine, draining }: GenerateDeps, sequences: number): ApiError | undefined {
  if (engine.dead) return draining() ? cannotSchedule : engineDead;
  if (draining()) return cannotSchedule;
  return engine.hasRoom(sequences) ? undefined : queueFull;
}

export function respondError(exchange: Exchange, error: ApiError, headers: string[] = []): void {
  respondJson(exchange, error.status, error.body, headers);
}

/** Generates the answer of a decoded request, to the end of its stream. */
export function runRequest(exchange: Exchange, asked: GenerateRequest, fault: RequestFault, deps: GenerateDeps): void {
  const { response } = exchange;
  const tokens: string[][] = asked.choices.map(() => []);
  const generations = asked.choices.map((_, choice) => openGeneration(asked, choice, { seed: deps.seed, tokens }));
  const context: AnswerContext = {
    id: deps.createId(),
    created: Math.floor(Date.now() / 1000),
    request: asked,
    createId: deps.createId,
    tokensOf: (choice) => tokens[choice] ?? [],
    vocabulary: deps.vocabulary,
  };
  const usage = (): Usage => ({
    promptTokens: asked.promptTokens,
    completionTokens: generations.reduce((sum, generation) => sum + generation.produced, 0),
  });
  const answer = asked.stream ? streamed(exchange, context, usage) : whole(exchange, context, usage);
  const running = deps.engine.admit({
    generations,
    promptTokens: asked.promptTokens,
    maxTokens: asked.maxTokens,
    prefillMs: asked.sim.prefillMs ?? deps.prefillMs,
    decodeMs: asked.sim.decodeMs ?? deps.decodeMs,
    haltAt: fault.kind === 'halt' ? fault.token : undefined,
    onHalt: () => {
      if (fault.kind === 'halt' && fault.how === 'cut') response.socket?.destroySoon();
    },
    ...answer.callbacks,
  });
  answer.start(running);
  response.on('close', () => running.abort());
}

function openGeneration(
  asked: GenerateRequest,
  choice: number,
  { seed, tokens }: { seed: number; tokens: string[][] },
): Generation {
  const { prompt = '', script = { kind: 'free' } } = asked.choices[choice] ?? {};
  const own = hashText(prompt, (seed ^ (asked.seed ?? 0)) >>> 0);
  return createGeneration({
    seed: (own + choice * 0x9e3779b9) >>> 0,
    maxTokens: asked.maxTokens,
    minTokens: asked.minTokens,
    ignoreEos: asked.ignoreEos,
    stop: script.kind === 'calls' ? [] : asked.stop,
    includeStop: asked.includeStop,
    tokens: asked.sim.tokens,
    scripted: scriptTokens(script),
    record: asked.logprobs === undefined ? undefined : tokens[choice],
  });
}

interface Answer {
  callbacks: Pick<EngineRequest, 'onTokens' | 'onStep' | 'onEnd' | 'onFailed'>;
  start(running: RunningRequest): void;
}

function whole(exchange: Exchange, context: AnswerContext, usage: () => Usage): Answer {
  const { kind, choices } = context.request;
  const results = choices.map((): ChoiceResult => ({ text: '', produced: 0, finish: unfinished }));
  return {
    start: () => undefined,
    callbacks: {
      onTokens: (index, texts, finish) => {
        const result = results[index] as ChoiceResult;
        result.text += texts.join('');
        result.produced += texts.length;
        if (finish) result.finish = finish;
      },
      onStep: () => undefined,
      onEnd: () => respondJson(exchange, 200, pickWhole(kind)(context, results, usage())),
      onFailed: () => respondError(exchange, errorOf(kind, engineDead)),
    },
  };
}

const unfinished = { reason: 'length', stopReason: null } as const;

/** Each token is its own event; all tokens of one step are one write. */
function streamed(exchange: Exchange, context: AnswerContext, usage: () => Usage): Answer {
  const { response } = exchange;
  const { kind, model, fields } = context.request;
  const stream = pickStream(kind)(context);
  // One byte per character is about a third faster, if all repeated text allows it.
  const encoding = kind === 'responses' || !isPlain(model) || scripted(context) || fields.echo ? 'utf8' : 'latin1';
  let pending = '';
  let pause = () => {};
  return {
    start: (running) => {
      openEventStream(exchange);
      const begun = stream.begin();
      if (begun !== '') response.write(begun, encoding);
      pause = () => running.pause();
      response.on('drain', () => running.resume());
    },
    callbacks: {
      onTokens: (choice, texts, finish) => {
        const last = finish === undefined ? -1 : texts.length - 1;
        for (const [index, text] of texts.entries())
          pending += index === last && finish ? stream.finish(choice, text, finish) : stream.token(choice, text);
      },
      onStep: () => {
        if (pending === '') return;
        const flowing = response.write(pending, encoding);
        pending = '';
        if (!flowing) pause();
      },
      onEnd: () => response.end(pending + stream.end(usage()), encoding),
      onFailed: () => response.end(pending + stream.failed(), encoding),
    },
  };
}

function isPlain(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

/** The vocabulary is ASCII; texts that clients prescribe need not be. */
function scripted({ request }: AnswerContext): boolean {
  return request.choices.some(({ script }) => script.kind !== 'free') || !request.stop.every(isPlain);
}
