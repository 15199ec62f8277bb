// The OpenAI API of one deployment as typed calls. Checks that an answer has its list; all fields pass through.

import type { Duplex } from 'node:stream';

import { CodedError } from '@fairlead/kit';

import { type ChannelAnswer, type ChannelRequestDeps, readAnswer, sendOverChannel } from './channel-request.ts';
import type { ClientErrorCode } from '../client-error.ts';
import { decodeEngineError, decodeErrorEvent } from './engine-error.ts';
import type {
  ChatChunk,
  ChatCompletion,
  ChatRequest,
  Completion,
  CompletionRequest,
  EmbeddingRequest,
  Embeddings,
  Model,
} from '@fairlead/openai-wire';
import type { Path } from '../paths/live-paths.ts';
import { readEvents } from './read-events.ts';

export interface CallOptions {
  /** Ends the request, and the engine's work on it. The call throws its reason. */
  signal?: AbortSignal | undefined;
}

export interface OpenAiCalls {
  /** `GET /v1/models`. */
  models(options?: CallOptions): Promise<Model[]>;
  /** `POST /v1/chat/completions`. Throws `EngineError` for an error answer. */
  chat(request: ChatRequest, options?: CallOptions): Promise<ChatCompletion>;
  /** The same as a stream. The request is sent when the loop begins; leaving the loop ends the engine's work. */
  chatStream(request: ChatRequest, options?: CallOptions): AsyncGenerator<ChatChunk, void, undefined>;
  /** `POST /v1/completions`: a bare prompt, without the model's chat template. */
  complete(request: CompletionRequest, options?: CallOptions): Promise<Completion>;
  /** `POST /v1/embeddings`. Only with a model that makes embeddings; others throw `route_unknown`. */
  embed(request: EmbeddingRequest, options?: CallOptions): Promise<Embeddings>;
}

export interface OpenAiCallsDeps<Way extends { channel: Duplex } = Path> extends ChannelRequestDeps<Way> {
  /** What `model` says where a request leaves it out. */
  model(): string;
}

export function createOpenAiCalls<Way extends { channel: Duplex }>(deps: OpenAiCallsDeps<Way>): OpenAiCalls {
  const withModel = (request: object) => ({ model: deps.model(), ...request });

  async function call<T>(what: string, path: string, given: object | undefined, options: CallOptions): Promise<T> {
    const answer = await sendJson(deps, { what, path, given, ...options });
    return decodeAnswer<T>(what, await readAnswer(answer), path === chat || path === completions ? 'choices' : 'data');
  }

  return {
    async models(options = {}) {
      const list = await call<{ data: Model[] }>(`list the models of ${deps.name}`, '/v1/models', undefined, options);
      return list.data;
    },
    chat: (request, options = {}) => call(chatWith(deps.name), chat, { ...withModel(request), stream: false }, options),
    async *chatStream(request, options = {}) {
      const what = chatWith(deps.name);
      const given = { ...withModel(request), stream: true };
      const answer = await sendJson(deps, { what, path: chat, given, ...options });
      for await (const text of readEvents(what, answer)) yield decodeChunk(what, text);
    },
    complete: (request, options = {}) =>
      call(`complete the prompt with ${deps.name}`, completions, { ...withModel(request), stream: false }, options),
    embed: (request, options = {}) => call(`embed with ${deps.name}`, '/v1/embeddings', withModel(request), options),
  };
}

const chat = '/v1/chat/completions';
const completions = '/v1/completions';

function chatWith(name: string): string {
  return `chat with ${name}`;
}

interface JsonRequest extends CallOptions {
  what: string;
  path: string;
  /** Absent: a GET. */
  given: object | undefined;
}

async function sendJson<Way extends { channel: Duplex }>(
  deps: ChannelRequestDeps<Way>,
  { what, path, given, signal }: JsonRequest,
): Promise<ChannelAnswer> {
  const answer = await sendOverChannel(deps, {
    method: given ? 'POST' : 'GET',
    path,
    headers: new Headers(given ? { 'content-type': 'application/json' } : {}),
    body: given && Buffer.from(JSON.stringify(given)),
    signal,
  });
  const status = answer.incoming.statusCode ?? 0;
  if (status >= 200 && status < 300) return answer;
  const retryAfter = answer.incoming.headers['retry-after'];
  throw decodeEngineError(what, { status, text: await readAnswer(answer), retryAfter });
}

function decodeAnswer<T>(what: string, text: string, list: 'choices' | 'data'): T {
  const body = parse(what, text);
  if (typeof body === 'object' && body !== null && Array.isArray((body as Record<string, unknown>)[list]))
    return body as T;
  throw invalid(what, `it has no list of ${list}`, text);
}

function decodeChunk(what: string, text: string): ChatChunk {
  const event = parse(what, text);
  const error = decodeErrorEvent(what, event);
  if (error) throw error;
  if (typeof event === 'object' && event !== null && 'choices' in event && Array.isArray(event.choices))
    return event as ChatChunk;
  throw invalid(what, 'an event has no list of choices', text);
}

function parse(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(what, 'it is not JSON', text, cause);
  }
}

function invalid(what: string, why: string, text: string, cause?: unknown): CodedError<ClientErrorCode> {
  return new CodedError(
    'answer_invalid',
    `cannot ${what} because the answer cannot be understood (${why}): got ${JSON.stringify(text.slice(0, 120))}`,
    { hint: 'Look at `fairlead logs --source engine`.', cause },
  );
}
