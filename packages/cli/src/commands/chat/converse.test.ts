import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import type { ChatChunk, ChatRequest } from '@fairlead/client';
import { CodedError, systemClock } from '@fairlead/kit';
import { afterEach, describe, expect, it } from 'vitest';

import { createOutput } from '../../output/output.ts';
import { converse } from './converse.ts';

const ctrlC = '\u0003';
const ctrlD = '\u0004';

const cleanups: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A terminal with a person at it, and an engine that says what the test says. */
async function open(answerTo: (request: ChatRequest, signal: AbortSignal) => AsyncIterable<string>) {
  const cwd = await mkdtemp(join(tmpdir(), 'fl-chat-'));
  cleanups.push(() => rm(cwd, { recursive: true }));
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const seen = { stdout: '', stderr: '' };
  const looks = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const)
    streams[name].on('data', (chunk) => {
      seen[name] += String(chunk);
      for (const look of looks) look();
    });
  const requests: ChatRequest[] = [];
  let signalled: ((signal: NodeJS.Signals) => void) | undefined;
  const ended = converse(
    {
      clock: systemClock,
      whyEnded: () => undefined,
      connection: {
        name: 'a',
        servedModel: 'demo',
        ended: new Promise(() => undefined),
        models: async () => [{ id: 'demo' }, { id: 'lora' }],
        async *chatStream(request, { signal } = {}) {
          requests.push(request);
          for await (const content of answerTo(request, signal ?? new AbortController().signal)) yield chunkOf(content);
        },
      },
    },
    { model: 'demo', turns: [] },
    {
      streams: streams as never,
      output: createOutput(streams, { startedMs: 0, now: () => 0 }),
      clock: systemClock,
      signal: new AbortController().signal,
      cwd,
      takeSignals(listener) {
        signalled = listener;
        return { [Symbol.dispose]: () => (signalled = undefined) };
      },
    },
  );
  return {
    cwd,
    requests,
    ended,
    seen,
    type: (text: string) => streams.stdin.write(text),
    signal: (name: NodeJS.Signals) => signalled?.(name),
    /** Resolves when what was said since the last call has `text`. */
    async said(stream: 'stdout' | 'stderr', text: string) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        const at = seen[stream].indexOf(text);
        if (at < 0) return;
        seen[stream] = seen[stream].slice(at + text.length);
        resolve();
      };
      looks.add(look);
      look();
      await promise;
      looks.delete(look);
    },
  };
}

function chunkOf(content: string): ChatChunk {
  return { id: '', model: 'demo', created: 0, choices: [{ index: 0, delta: { content }, finish_reason: null }] };
}

async function* echo({ messages }: ChatRequest) {
  const content = messages.at(-1)?.content;
  yield `you said ${typeof content === 'string' ? content : ''}`;
}

const contentsOf = (request: ChatRequest | undefined) => request?.messages.map(({ role, content }) => [role, content]);

describe('A conversation', () => {
  it('remembers turns, and forgets them but not the system prompt', async () => {
    const chat = await open(echo);
    chat.type('/system Be brief.\rone\r');
    await chat.said('stdout', 'you said one\n');
    chat.type('two \\\rand three\r');
    await chat.said('stdout', 'you said two \nand three\n');
    expect(contentsOf(chat.requests[1])).toEqual([
      ['system', 'Be brief.'],
      ['user', 'one'],
      ['assistant', 'you said one'],
      ['user', 'two \nand three'],
    ]);
    chat.type('/reset\rfour\r');
    await chat.said('stdout', 'you said four');
    expect(contentsOf(chat.requests[2])).toEqual([
      ['system', 'Be brief.'],
      ['user', 'four'],
    ]);
    chat.type('/quit\r');
    await chat.ended;
  });

  it('asks another model only if it is served', async () => {
    const chat = await open(echo);
    chat.type('/model nope\r');
    await chat.said('stderr', 'a serves no model nope. Served: demo, lora');
    chat.type('/model lora\rhi\r');
    await chat.said('stdout', 'you said hi');
    expect(chat.requests[0]?.model).toBe('lora');
    chat.type(ctrlD);
    await chat.ended;
  });

  it('saves itself for nobody else to read', async () => {
    const chat = await open(echo);
    chat.type('hi\r/save talk.json\r');
    await chat.said('stderr', 'saved to');
    const path = join(chat.cwd, 'talk.json');
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      model: 'demo',
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'you said hi' },
      ],
    });
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
    chat.signal('SIGTERM');
    await chat.ended;
  });

  it.each([
    ['at the keyboard', (chat: Awaited<ReturnType<typeof open>>) => chat.type(ctrlC)],
    ['as a signal', (chat: Awaited<ReturnType<typeof open>>) => chat.signal('SIGINT')],
  ])('cancels an answer by Ctrl-C %s, keeps what came of it, and ends by two more', async (_how, interrupt) => {
    let cancelled = false;
    const chat = await open(async function* (_request, signal) {
      yield 'well';
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => reject(signal.reason));
      cancelled = await promise.catch(() => true);
      signal.throwIfAborted();
    });
    chat.type('hi\r');
    await chat.said('stdout', 'well');
    interrupt(chat);
    await chat.said('stderr', '(the answer was cancelled)');
    expect(cancelled).toBe(true);
    await chat.said('stderr', '> ');
    interrupt(chat);
    await chat.said('stderr', 'Ctrl-C again ends');
    interrupt(chat);
    await chat.ended;
  });

  it('forgets a line by the first Ctrl-C', async () => {
    const chat = await open(echo);
    chat.type('delete eve');
    await chat.said('stderr', 'delete eve');
    chat.type(ctrlC);
    await chat.said('stderr', 'Ctrl-C again ends');
    chat.type('hi\r');
    await chat.said('stdout', 'you said hi');
    chat.type('/quit\r');
    await chat.ended;
    expect(chat.requests).toHaveLength(1);
  });

  it('tells a failure, forgets the turn, and goes on', async () => {
    let asked = 0;
    const chat = await open(async function* (request) {
      if (asked++ === 0) throw new CodedError('prompt_too_long', 'cannot chat with a because it is too long');
      yield* echo(request);
    });
    chat.type('first\r');
    await chat.said('stderr', 'error  cannot chat with a because it is too long');
    chat.type('second\r');
    await chat.said('stdout', 'you said second');
    expect(contentsOf(chat.requests[1])).toEqual([['user', 'second']]);
    chat.type('/frob\r');
    await chat.said('stderr', 'There is no /frob');
    chat.type('/quit\r');
    await chat.ended;
  });
});
