// What a request's body asks for, as far as the gateway must know it: the model, whether the answer is a stream, how long it may become.

import { type ApiRoute, type ScannedMembers, scanMembers, type ValueRange } from '@fairlead/openai-wire';

import { formBoundaryOf, readForm } from './read-form.ts';
import { isGenerating, tellsUsageOnDemand } from './relayed-routes.ts';

export interface RequestWish {
  model: string;
  /** Where its name stands, and how another one is written there. */
  modelRange: ValueRange;
  writeModel: (name: string) => string;
  /** Tokens to reserve: of the prompt, by its size, and of the longest answer. */
  promptEstimate: number;
  answerLimit: number;
  /** How the body must change, so that the stream tells its usage; undefined: it does, or it is no stream. */
  usageEdit: BodyEdit | undefined;
  /** How it must change so that its answer ends at the limit of its key. */
  limitEdit: BodyEdit | undefined;
}

export interface BodyEdit extends ValueRange {
  text: string;
}

export type WishRead = { ok: true; wish: RequestWish } | { ok: false; problem: string };

const limits = ['max_completion_tokens', 'max_tokens', 'max_output_tokens'] as const;
const wanted: ReadonlySet<string> = new Set(['model', 'stream', 'stream_options', 'n', ...limits]);
/** Where the request has no limit of its own. */
const usualAnswerTokens = 1024;
const bytesPerToken = 4;
/** Of the part of a body that counts: what is beyond are images. */
const maxPromptBytes = 1024 * 1024;
const maxAnswerTokens = 10_000_000;

/** `maxTokens`: of one answer, where there is a limit: a request that asks for more is refused, one that names none gets it. */
export function readWish(body: Buffer, route: ApiRoute, maxTokens?: number): WishRead {
  const scanned = scanMembers(body, wanted);
  if (!scanned.ok) return scanned;
  const { members } = scanned;
  const read = (name: string): unknown => valueAt(body, members.get(name));
  const modelRange = members.get('model');
  const model = read('model');
  if (modelRange === undefined || typeof model !== 'string' || model === '')
    return { ok: false, problem: 'it names no `model`' };
  const asksForStream = read('stream') === true && tellsUsageOnDemand(route);
  const edit = asksForStream ? askForUsage(body, scanned) : undefined;
  if (edit === 'invalid') return { ok: false, problem: 'its `stream_options` are no JSON object' };
  const asked = askedLimits(read);
  const limited = maxTokens === undefined ? undefined : limitAnswer({ asked, read, scanned, route }, maxTokens);
  if (typeof limited === 'string') return { ok: false, problem: limited };
  return {
    ok: true,
    wish: {
      model,
      modelRange,
      writeModel: (name) => JSON.stringify(name),
      promptEstimate: Math.ceil(Math.min(body.length, maxPromptBytes) / bytesPerToken),
      answerLimit: isGenerating(route) ? answerLimitOf(read, asked[0]?.[1] ?? maxTokens) : 0,
      usageEdit: edit,
      limitEdit: limited,
    },
  };
}

/** Of a form: what a file takes is not known before the engine tells it. */
export function readFormWish(body: Buffer, contentType: string): WishRead {
  const boundary = formBoundaryOf(contentType);
  if (boundary === undefined) return { ok: false, problem: 'this route takes `multipart/form-data`' };
  const read = readForm(body, boundary);
  if (!read.ok) return read;
  const { model, modelRange } = read;
  const none = { usageEdit: undefined, limitEdit: undefined };
  const writeModel = (name: string) => name;
  return {
    ok: true,
    wish: { model, modelRange, writeModel, promptEstimate: 0, answerLimit: usualAnswerTokens, ...none },
  };
}

/** The body with its changes, in pieces: what does not change is not copied. */
export function applyEdits(body: Buffer, edits: readonly BodyEdit[]): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    pieces.push(body.subarray(from, start), Buffer.from(text));
    from = end;
  }
  pieces.push(body.subarray(from));
  return pieces;
}

function askForUsage(
  body: Buffer,
  { members, closing }: { members: ReadonlyMap<string, ValueRange>; closing: number },
): BodyEdit | 'invalid' | undefined {
  const range = members.get('stream_options');
  const options = valueAt(body, range);
  if (range === undefined || options === null) {
    const text = '"stream_options":{"include_usage":true}';
    return range ? { ...range, text: '{"include_usage":true}' } : { start: closing, end: closing, text: `,${text}` };
  }
  if (typeof options !== 'object' || Array.isArray(options)) return 'invalid';
  if ((options as { include_usage?: unknown }).include_usage === true) return undefined;
  return { ...range, text: JSON.stringify({ ...options, include_usage: true }) };
}

/** OpenAI's three names; of several the engine judges. */
function askedLimits(read: (name: string) => unknown): Array<[string, number]> {
  return limits.flatMap((name): Array<[string, number]> => {
    const value = read(name);
    return isCount(value) ? [[name, Number(value)]] : [];
  });
}

interface AnswerWish {
  asked: ReadonlyArray<[string, number]>;
  read: (name: string) => unknown;
  scanned: Extract<ScannedMembers, { ok: true }>;
  route: ApiRoute;
}

/** What is wrong with it, or how it must change; undefined where it is within the limit. An engine may read a number out of other values. */
function limitAnswer({ asked, read, scanned, route }: AnswerWish, maxTokens: number): BodyEdit | string | undefined {
  const strange = limits.find((name) => scanned.members.has(name) && read(name) !== null && !isCount(read(name)));
  if (strange !== undefined) return `its \`${strange}\` is no whole number above 0`;
  const over = asked.find(([, count]) => count > maxTokens);
  if (over) return `its \`${over[0]}\` is ${over[1]}, and this key may ask for ${maxTokens} tokens in an answer`;
  if (asked.length > 0 || !isGenerating(route)) return undefined;
  const name = route.path === '/v1/responses' ? 'max_output_tokens' : 'max_tokens';
  const range = scanned.members.get(name);
  if (range) return { ...range, text: String(maxTokens) };
  return { start: scanned.closing, end: scanned.closing, text: `,"${name}":${maxTokens}` };
}

function answerLimitOf(read: (name: string) => unknown, most = usualAnswerTokens): number {
  const answers = read('n');
  return Math.min(maxAnswerTokens, most * (isCount(answers) ? Number(answers) : 1));
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

/** Undefined also where the text is no JSON: the engine refuses it in its own words. */
function valueAt(body: Buffer, range: ValueRange | undefined): unknown {
  if (!range) return undefined;
  try {
    return JSON.parse(body.toString('utf8', range.start, range.end)) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
