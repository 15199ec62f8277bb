// The log of requests, where the spec asks for it: requests.jsonl in the job's directory, 0600, of bounded size. A disk that is slow
// or full costs lines, never a request: the file says how many bytes were dropped.

import { fieldValue, type RequestHead } from '@fairlead/openai-wire';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Clock, defined, type Log } from '@fairlead/kit';
import { encodeText, type InstanceSpec, type LoggingSpec, requestLine, type RequestLine } from '@fairlead/protocol';
import { openRotatingLog } from '../engine/rotating-log.ts';
import { isPageRoute } from '../front/dashboard-route.ts';
import type { RequestRecord } from '../front/request-record.ts';
import type { RequestTap } from '../front/request-tap.ts';
import { CapturedBytes } from './captured-bytes.ts';
import { readAnswerText, readLastUsage, readRequestText } from './read-message.ts';

export interface RequestLogOptions {
  spec: Pick<InstanceSpec, 'deployment' | 'instanceId' | 'servedModel' | 'jobDir' | 'logging'>;
  jobId: string;
  node: string;
  clock: Clock;
  log: Log;
}

export interface RequestLog extends AsyncDisposable {
  /** For one request. Undefined where requests are not logged. */
  readonly tap: (() => RequestTap) | undefined;
}

/** Of the end of an answer, where its usage stands. */
const usageBytes = 8 * 1024;
/** Of the engine's head, which comes before the text. */
const headBytes = 16 * 1024;

/** Disposing writes what waits. */
export async function openRequestLog(options: RequestLogOptions): Promise<RequestLog> {
  const { spec, clock, log } = options;
  const { logging } = spec;
  if (!logging) return { tap: undefined, async [Symbol.asyncDispose]() {} };
  const file = await openRotatingLog({
    path: join(spec.jobDir, 'requests.jsonl'),
    what: 'the request log',
    noteDropped: (bytes) => `${JSON.stringify({ at: new Date(clock.now()).toISOString(), droppedBytes: bytes })}\n`,
    maxBytes: logging.maxBytes,
    log,
  });
  const ids = {
    deployment: spec.deployment,
    instanceId: spec.instanceId,
    jobId: options.jobId,
    node: options.node,
    servedModel: spec.servedModel,
  };
  const write = (line: Omit<RequestLine, keyof typeof ids | 'at' | 'id'>) => {
    const whole = { at: new Date(clock.now()).toISOString(), id: randomUUID(), ...ids, ...line };
    file.write(Buffer.from(`${encodeText(requestLine, whole)}\n`));
  };
  return { tap: () => createTap(logging, write), [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
}

type Fields = Omit<RequestLine, 'at' | 'id' | 'deployment' | 'instanceId' | 'jobId' | 'node' | 'servedModel'>;

/** Pure: what a request's line says, from what passes. */
export function createTap(logging: LoggingSpec, write: (line: Fields) => void): RequestTap {
  const hasContents = logging.requests === 'contents';
  const kept = hasContents ? logging.contentBytes : 0;
  const request = new CapturedBytes({ first: kept, last: 0 });
  const response = new CapturedBytes({ first: hasContents ? kept + headBytes : 0, last: usageBytes });
  let head: RequestHead | undefined;
  return {
    head: (given) => (head = given),
    toEngine: (piece) => request.take(piece),
    toClient: (piece) => response.take(piece),
    over(record) {
      if (record.silent || isPageRoute(record.route)) return;
      const usage = readLastUsage(response.last);
      write({
        ...factsOf(record),
        ...(head &&
          defined({ clientRequestId: valueOf(head, 'x-request-id'), userAgent: valueOf(head, 'user-agent') })),
        ...(usage && defined({ promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens })),
        ...(hasContents && record.route ? contentsOf({ head, request, response, kept }) : {}),
      });
    },
  };
}

function factsOf({ route, refusedAs, status, firstByteMs, durationMs, ...record }: RequestRecord): Fields {
  const { outcome, bytesToEngine, bytesToClient, dialRetries } = record;
  return {
    outcome,
    durationMs: Math.round(durationMs),
    bytesToEngine,
    bytesToClient,
    dialRetries,
    ...(route && { method: route.method, route: route.path }),
    ...defined({ refusedAs, status }),
    ...(firstByteMs === undefined ? {} : { firstByteMs: Math.round(firstByteMs) }),
  };
}

interface Captured {
  head: RequestHead | undefined;
  request: CapturedBytes;
  response: CapturedBytes;
  kept: number;
}

function contentsOf({ head, request, response, kept }: Captured): Pick<Fields, 'request' | 'response'> {
  const isInChunks = head !== undefined && /chunked/i.test(valueOf(head, 'transfer-encoding') ?? '');
  const asked = readRequestText(request.first, isInChunks);
  const answered = readAnswerText(response.first);
  return {
    request: { text: asked, isCut: request.isCut },
    ...(answered === undefined
      ? {}
      : { response: { text: answered.slice(0, kept), isCut: response.isCut || answered.length > kept } }),
  };
}

function valueOf(head: RequestHead, name: string): string | undefined {
  const field = head.fields.find((one) => one.name === name);
  return field && fieldValue(head, field);
}
