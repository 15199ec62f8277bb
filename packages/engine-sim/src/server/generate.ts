// One generating request from its bytes to its last event. What it may cost others: nothing; it is aborted with its client.

import { once } from 'node:events';
import type { EngineCore, EngineRequest, RunningRequest } from '../engine/engine-core.ts';
import { createGeneration, type Generation } from '../engine/generation.ts';
import { hashText } from '../engine/random.ts';
import { type ApiError, cannotSchedule, engineDead, engineDeadEvent, simulatedFailure } from '../wire/api-error.ts';
import {
  type AnswerHead,
  type Choice,
  createEventWriter,
  doneEvent,
  type Usage,
  wholeAnswer,
} from '../wire/answer-shape.ts';
import { decodeGenerateRequest, type GenerateRequest, type ServedModel } from '../wire/decode-generate-request.ts';
import type { FaultBox, RequestFault } from './fault-box.ts';
import { type Exchange, openEventStream, respondJson } from './respond.ts';

export interface GenerateDeps {
  engine: EngineCore;
  model: ServedModel;
  faults: FaultBox;
  seed: number;
  prefillMs: number;
  decodeMs: number;
  createId: () => string;
  /** Whether the server has been told to stop. */
  draining: () => boolean;
}

export async function generate(exchange: Exchange, deps: GenerateDeps): Promise<void> {
  const { request } = exchange;
  const text = await readBody(exchange);
  if (text === undefined) return;
  const fault = deps.faults.take();
  if (fault.kind === 'status') return respondError(exchange, simulatedFailure(fault.status));
  const decoded = decodeGenerateRequest(request.headers['content-type'], text, deps.model);
  if (!decoded.ok) return respondError(exchange, decoded.error);
  if (deps.engine.dead) return respondError(exchange, deps.draining() ? cannotSchedule : engineDead);
  if (deps.draining()) return respondError(exchange, cannotSchedule);
  run(exchange, decoded.request, fault, deps);
}

export function respondError(exchange: Exchange, error: ApiError, headers: string[] = []): void {
  respondJson(exchange, error.status, error.body, headers);
}

/** Undefined when the client went away before its last byte. */
async function readBody({ request }: Exchange): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  try {
    await once(request, 'end');
  } catch (error) {
    if (request.destroyed) return undefined;
    throw error;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function run(exchange: Exchange, asked: GenerateRequest, fault: RequestFault, deps: GenerateDeps): void {
  const { response } = exchange;
  const generations = Array.from({ length: asked.n }, (_, choice) => openGeneration(asked, choice, deps.seed));
  const chat = asked.kind === 'chat';
  const created = Math.floor(Date.now() / 1000);
  const head: AnswerHead = {
    kind: asked.kind,
    id: `${chat ? 'chatcmpl' : 'cmpl'}-${deps.createId()}`,
    created,
    model: deps.model.names[0] ?? '',
  };
  const usage = (): Usage => ({
    promptTokens: asked.promptTokens,
    completionTokens: generations.reduce((sum, generation) => sum + generation.produced, 0),
  });
  const answer = asked.stream ? streamed(exchange, head, asked, usage) : whole(exchange, head, asked, usage);
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

function openGeneration(asked: GenerateRequest, choice: number, seed: number): Generation {
  const own = hashText(asked.prompt, (seed ^ (asked.seed ?? 0)) >>> 0);
  return createGeneration({
    seed: (own + choice * 0x9e3779b9) >>> 0,
    maxTokens: asked.maxTokens,
    minTokens: asked.minTokens,
    ignoreEos: asked.ignoreEos,
    stop: asked.stop,
    includeStop: asked.includeStop,
    tokens: asked.sim.tokens,
  });
}

interface Answer {
  callbacks: Pick<EngineRequest, 'onTokens' | 'onStep' | 'onEnd' | 'onFailed'>;
  start(running: RunningRequest): void;
}

function whole(exchange: Exchange, head: AnswerHead, asked: GenerateRequest, usage: () => Usage): Answer {
  const choices: Choice[] = Array.from({ length: asked.n }, () => ({
    text: '',
    finish: { reason: 'length', stopReason: null },
  }));
  return {
    start: () => undefined,
    callbacks: {
      onTokens: (index, texts, finish) => {
        const choice = choices[index] as Choice;
        choice.text += texts.join('');
        if (finish) choice.finish = finish;
      },
      onStep: () => undefined,
      onEnd: () => respondJson(exchange, 200, wholeAnswer(head, choices, usage())),
      onFailed: () => respondError(exchange, engineDead),
    },
  };
}

/** Each token is an event of its own; what falls into one step is one write. */
function streamed(exchange: Exchange, head: AnswerHead, asked: GenerateRequest, usage: () => Usage): Answer {
  const { response } = exchange;
  const events = createEventWriter(head);
  // One byte a character is about a third faster, where the model's name allows it.
  const encoding = /^[\0-\x7f]*$/.test(head.model) ? 'latin1' : 'utf8';
  const opened = new Set<number>();
  const given = Array.from({ length: asked.n }, () => 0);
  let ended = 0;
  let pending = '';
  let pause = () => {};
  const soFar = (): Usage | undefined =>
    asked.continuousUsage
      ? { promptTokens: asked.promptTokens, completionTokens: given.reduce((sum, one) => sum + one, 0) }
      : undefined;
  return {
    start: (running) => {
      openEventStream(exchange);
      pause = () => running.pause();
      response.on('drain', () => running.resume());
    },
    callbacks: {
      onTokens: (choice, texts, finish) => {
        if (!opened.has(choice)) pending += events.opening(choice, soFar());
        opened.add(choice);
        for (const [index, text] of texts.entries()) {
          given[choice] = (given[choice] ?? 0) + 1;
          const last = finish !== undefined && index === texts.length - 1;
          if (last) pending += finishEvents(choice, text, finish);
          else if (text !== '') pending += events.token(choice, text, soFar());
        }
      },
      onStep: () => {
        if (pending === '') return;
        const flowing = response.write(pending, encoding);
        pending = '';
        if (!flowing) pause();
      },
      onEnd: () => {
        const end = asked.includeUsage ? events.usage(usage()) + doneEvent : doneEvent;
        response.end(pending + end, encoding);
      },
      onFailed: () => response.end(pending + engineDeadEvent + doneEvent, encoding),
    },
  };

  function finishEvents(choice: number, text: string, finish: NonNullable<Generation['finish']>): string {
    ended += 1;
    const options = { usage: soFar(), last: ended === asked.n && !asked.includeUsage };
    // A text that ends by itself ends with a token that has no text; a limit is met by the last token itself.
    const byItself = finish.reason === 'stop' && finish.stopReason === null;
    if (byItself && text !== '')
      return events.token(choice, text, soFar()) + events.finish(choice, '', finish, options);
    return events.finish(choice, text, finish, options);
  }
}
