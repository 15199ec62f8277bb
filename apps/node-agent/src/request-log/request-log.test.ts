import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock } from '@fairlead/kit';
import { decodeText, type LoggingSpec, loggingSpec, requestLine, type RequestLine } from '@fairlead/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FrontWorld, openFrontWorld } from '../testing/front-world.ts';
import { CapturedBytes } from './captured-bytes.ts';
import { readAnswerText, readLastUsage, readRequestText } from './read-message.ts';
import { openRequestLog } from './request-log.ts';

const chat = '/v1/chat/completions';
const usage = '{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"details":{"cached":0}}';
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'requests-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Runs `work` at a front that logs its requests so; returns the lines of the file. */
async function logged(
  logging: Pick<LoggingSpec, 'requests'> & Partial<LoggingSpec>,
  work: (world: FrontWorld) => Promise<unknown>,
): Promise<RequestLine[]> {
  const spec = {
    deployment: 'demo',
    instanceId: 'abcdefgh',
    servedModel: 'tiny',
    jobDir: directory,
    logging: loggingSpec.parse(logging),
  };
  const path = join(directory, 'requests.jsonl');
  {
    await using requests = await openRequestLog({
      spec,
      jobId: '17',
      node: 'gpu1',
      clock: systemClock,
      log: silentLog,
    });
    await using world = await openFrontWorld({
      tap: requests.tap,
      handler: (request, response) => {
        request.resume();
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"choices":[{"delta":{"content":"an answer"}}]}\n\n');
        response.end(`data: {"choices":[],"usage":${usage}}\n\ndata: [DONE]\n\n`);
      },
    });
    await work(world);
    await world.front.idle();
  }
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const decoded = decodeText(requestLine, line);
    if (!decoded.ok) throw new Error(decoded.message);
    return decoded.value;
  });
}

const ask = (world: FrontWorld, body = 'a prompt', headers: Record<string, string> = {}) =>
  world.fetch('POST', `${chat}?secret=1`, { headers: { 'x-request-id': 'mine', ...headers }, body });

describe('the request log', () => {
  it('has a line for each request, with tokens and times, and without prompts, answers, keys and queries', async () => {
    const lines = await logged({ requests: 'facts' }, async (world) => {
      await ask(world);
      await world.fetch('POST', '/invocations');
    });
    expect(lines[0]).toMatchObject({
      deployment: 'demo',
      instanceId: 'abcdefgh',
      jobId: '17',
      node: 'gpu1',
      servedModel: 'tiny',
      method: 'POST',
      route: chat,
      clientRequestId: 'mine',
      outcome: 'completed',
      status: 200,
      bytesToEngine: 8,
      promptTokens: 7,
      completionTokens: 3,
    });
    expect(lines[1]).toMatchObject({ outcome: 'refused', refusedAs: 'route_refused' });
    expect(JSON.stringify(lines)).not.toMatch(/a prompt|an answer|client-key|engine-key|secret/);
  });

  it('has prompts and answers where the user asked for them, cut to the limit', async () => {
    const [whole, cut] = await logged({ requests: 'contents', contentBytes: 100 }, async (world) => {
      await ask(world, 'short', { 'transfer-encoding': 'chunked' });
      await ask(world, 'x'.repeat(5000));
    });
    expect(whole?.request).toEqual({ text: 'short', isCut: false });
    expect(whole?.response?.text).toContain('"content":"an answer"');
    expect(cut?.request).toEqual({ text: 'x'.repeat(100), isCut: true });
    expect(cut?.response?.text).toHaveLength(100);
    expect(cut?.response?.isCut).toBe(true);
    expect(cut?.promptTokens).toBe(7);
  });

  it('is no file, and looks at nothing, where it was not asked for', async () => {
    const spec = {
      deployment: 'demo',
      instanceId: 'abcdefgh',
      servedModel: 'tiny',
      jobDir: directory,
    };
    await using requests = await openRequestLog({ spec, jobId: '17', node: 'n', clock: systemClock, log: silentLog });
    expect(requests.tap).toBeUndefined();
    await expect(stat(join(directory, 'requests.jsonl'))).rejects.toThrow('ENOENT');
  });

  it('loses lines, never a request, where the file cannot be written', async () => {
    const spec = {
      deployment: 'demo',
      instanceId: 'abcdefgh',
      servedModel: 'tiny',
      jobDir: join(directory, 'gone'),
      logging: loggingSpec.parse({ requests: 'facts' }),
    };
    await using requests = await openRequestLog({ spec, jobId: '17', node: 'n', clock: systemClock, log: silentLog });
    await using world = await openFrontWorld({ tap: requests.tap, handler: (_, response) => response.end('ok') });
    for (let count = 0; count < 20; count += 1) expect((await ask(world)).body).toBe('ok');
  });

  it('keeps its limit of size, with one file before it', async () => {
    const sizeBytes = async () => (await stat(join(directory, 'requests.jsonl'))).size;
    const lines = await logged({ requests: 'facts', maxBytes: 2_000 }, async (world) => {
      for (let count = 0; count < 12; count += 1) {
        const before = await sizeBytes();
        await ask(world);
        // Lines that wait together for a slow disk are written as one block, which is not divided.
        await expect.poll(sizeBytes).not.toBe(before);
      }
    });
    expect(lines.length).toBeLessThan(12);
    expect((await stat(join(directory, 'requests.jsonl.1'))).size).toBeLessThanOrEqual(2_000);
  });
});

describe('CapturedBytes', () => {
  it('keeps the first and the last bytes in memory of its own', () => {
    const captured = new CapturedBytes({ first: 4, last: 3 });
    const piece = Buffer.from('abcdefgh');
    captured.take(piece);
    piece.fill(0);
    for (const text of ['i', 'j', 'k', 'l']) captured.take(Buffer.from(text));
    expect([captured.first.toString(), captured.last.toString(), captured.isCut]).toEqual(['abcd', 'jkl', true]);
  });
});

describe('reading what was captured', () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n';

  it('joins chunks, also cut ones, and takes a plain body as it is', () => {
    const chunked = `${head}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n`;
    expect(readAnswerText(Buffer.from(chunked))).toBe('hello world');
    expect(readAnswerText(Buffer.from(chunked.slice(0, -5)))).toBe('hello wo');
    expect(readAnswerText(Buffer.from(`${head}\r\nplain`))).toBe('plain');
    expect(readRequestText(Buffer.from('3\r\nabc\r\n0\r\n\r\n'), true)).toBe('abc');
    expect(readRequestText(Buffer.from('zz\r\n'), true)).toBe('');
  });

  it('has no text of an answer that is compressed, or whose head is cut', () => {
    expect(readAnswerText(Buffer.from(`${head}content-encoding: gzip\r\n\r\nxx`))).toBeUndefined();
    expect(readAnswerText(Buffer.from(head))).toBeUndefined();
  });

  it('takes the last usage that is whole, and none from words', () => {
    const two = `{"usage":{"prompt_tokens":1,"total_tokens":1}} {"usage":${usage}}`;
    expect(readLastUsage(Buffer.from(two))).toMatchObject({ prompt_tokens: 7, completion_tokens: 3 });
    expect(readLastUsage(Buffer.from(`{"usage":${usage}} {"usage":{"prompt_to`))).toMatchObject({ prompt_tokens: 7 });
    for (const nothing of ['', '"usage":null', '"usage": "x"', '"usage":{{{', '"usage":{"a":}'])
      expect(readLastUsage(Buffer.from(nothing)), nothing).toBeUndefined();
  });
});
