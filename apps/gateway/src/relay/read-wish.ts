// What a request's body asks for, as far as the gateway must know it: the model, whether the answer is a stream, how long it may become.

import { type ApiRoute, scanMembers, type ValueRange } from '@fairlead/openai-wire';

import { isGenerating, tellsUsageOnDemand } from './relayed-routes.ts';

export interface RequestWish {
  model: string;
  modelRange: ValueRange;
  /** Tokens to reserve: of the prompt, by its size, and of the longest answer. */
  promptEstimate: number;
  answerLimit: number;
  /** How the body must change, so that the stream tells its usage; undefined: it does, or it is no stream. */
  usageEdit: BodyEdit | undefined;
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

export function readWish(body: Buffer, route: ApiRoute): WishRead {
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
  return {
    ok: true,
    wish: {
      model,
      modelRange,
      promptEstimate: Math.ceil(Math.min(body.length, maxPromptBytes) / bytesPerToken),
      answerLimit: isGenerating(route) ? answerLimitOf(read) : 0,
      usageEdit: edit,
    },
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
function answerLimitOf(read: (name: string) => unknown): number {
  const most = limits.map(read).find((value) => isCount(value)) ?? usualAnswerTokens;
  const answers = read('n');
  return Math.min(maxAnswerTokens, Number(most) * (isCount(answers) ? Number(answers) : 1));
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
