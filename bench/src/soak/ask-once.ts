// One request of a member to its end, whatever that is, and what its client has seen.

import { type ClientRequest, type IncomingMessage, request } from 'node:http';

import { errorText } from '@fairlead/kit';

export interface Wish {
  /** The tokens that are asked for, and come. */
  tokens: number;
  stream: boolean;
  /** The client leaves after so many pieces. */
  leaveAfter: number | undefined;
}

export interface Target {
  port: number;
  key: string;
  model: string;
}

/**
 * `whole`: all came. `left`: the client went away. `refused`: an answer of another status than 200. `cut`: an error event.
 * `lost`: the connection ended without a word.
 */
export type AskEnd = 'whole' | 'left' | 'refused' | 'cut' | 'lost';

export interface Asked {
  end: AskEnd;
  wanted: number;
  /** Pieces of a stream, or what the usage of a whole answer says. */
  got: number;
  status: number | undefined;
  /** Absent where no head of an answer came. */
  requestId: string | undefined;
  /** What the gateway or the engine said, or how the connection ended. */
  words: string;
  retryAfterMs: number | undefined;
  startedMs: number;
  endedMs: number;
}

/** Never rejects. */
export async function askOnce({ port, key, model }: Target, wish: Wish, nowMs: () => number): Promise<Asked> {
  const startedMs = nowMs();
  const seen: Omit<Asked, 'endedMs'> = {
    end: 'lost',
    wanted: wish.tokens,
    got: 0,
    status: undefined,
    requestId: undefined,
    words: '',
    retryAfterMs: undefined,
    startedMs,
  };
  const call = request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: '/v1/chat/completions',
    agent: false,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  });
  try {
    const answer = await answerTo(call, bodyOf(model, wish));
    seen.status = answer.statusCode;
    seen.requestId = fieldOf(answer, 'x-fairlead-request-id');
    const seconds = fieldOf(answer, 'retry-after');
    if (seconds !== undefined) seen.retryAfterMs = Number(seconds) * 1_000;
    if (answer.statusCode !== 200) await readRefusal(answer, seen);
    else if (wish.stream) await readStream(answer, seen, wish.leaveAfter);
    else await readWhole(answer, seen);
  } catch (error) {
    seen.words = errorText(error);
  } finally {
    call.destroy();
  }
  return { ...seen, endedMs: nowMs() };
}

function bodyOf(model: string, { tokens, stream }: Wish): string {
  const messages = [{ role: 'user', content: 'Tell me of ropes.' }];
  return JSON.stringify({ model, messages, max_tokens: tokens, ignore_eos: true, stream });
}

function answerTo(call: ClientRequest, body: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  call.once('response', resolve);
  call.on('error', reject);
  call.end(body);
  return promise;
}

function fieldOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function readRefusal(answer: IncomingMessage, seen: Omit<Asked, 'endedMs'>): Promise<void> {
  const text = await textOf(answer);
  seen.end = 'refused';
  seen.words = (JSON.parse(text) as { error?: { message?: string } }).error?.message ?? '';
}

async function readWhole(answer: IncomingMessage, seen: Omit<Asked, 'endedMs'>): Promise<void> {
  const { usage } = JSON.parse(await textOf(answer)) as { usage?: { completion_tokens?: number } };
  seen.got = usage?.completion_tokens ?? 0;
  seen.end = 'whole';
}

async function readStream(
  answer: IncomingMessage,
  seen: Omit<Asked, 'endedMs'>,
  leaveAfter: number | undefined,
): Promise<void> {
  let rest = '';
  answer.setEncoding('utf8');
  for await (const piece of answer) {
    const events = (rest + String(piece)).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) if (readEvent(event, seen)) return;
    if (leaveAfter !== undefined && seen.got >= leaveAfter) {
      seen.end = 'left';
      return;
    }
  }
}

interface Chunk {
  choices?: Array<{ delta?: { content?: string } }>;
  error?: { message?: string };
}

/** True for the last one. */
function readEvent(event: string, seen: Omit<Asked, 'endedMs'>): boolean {
  const data = /^data: (.*)$/m.exec(event)?.[1];
  if (data === undefined) return false;
  if (data === '[DONE]') {
    seen.end = 'whole';
    return true;
  }
  const { choices, error } = JSON.parse(data) as Chunk;
  if (error) {
    seen.end = 'cut';
    seen.words = error.message ?? '';
    return true;
  }
  if (choices?.[0]?.delta?.content) seen.got += 1;
  return false;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const piece of answer) text += String(piece);
  return text;
}
