// Reads what was captured of HTTP messages for the request log: the body as text, and the tokens that the end of an answer tells.
// Tolerates messages that are cut off. Pure.

import { readUsage, type Usage } from '@fairlead/openai-wire';

const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');

/** The body of an answer. Undefined where it is not text as it stands: its head is not complete, or it is compressed. */
export function readAnswerText(answer: Buffer): string | undefined {
  const end = answer.indexOf(headEnd);
  if (end === -1) return undefined;
  const head = answer.toString('latin1', 0, end).toLowerCase();
  if (/\r\ncontent-encoding: *(?!identity)/.test(head)) return undefined;
  const body = answer.subarray(end + headEnd.length);
  return (isChunked(head) ? joinChunks(body) : body).toString('utf8');
}

export function readRequestText(body: Buffer, isInChunks: boolean): string {
  return (isInChunks ? joinChunks(body) : body).toString('utf8');
}

function isChunked(head: string): boolean {
  return /\r\ntransfer-encoding: *chunked/.test(head);
}

/** The content of the chunks, as far as they came (RFC 9112 7.1). */
function joinChunks(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const end = body.indexOf(lineEnd, at);
    const size = end === -1 ? Number.NaN : Number.parseInt(body.toString('latin1', at, end), 16);
    if (!(size > 0)) break;
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts);
}

const usageKey = '"usage":';

/** The tokens of the last `usage` that is whole, from the last bytes of an answer or of a stream. */
export function readLastUsage(end: Buffer): Usage | undefined {
  const text = end.toString('utf8');
  for (let at = text.lastIndexOf(usageKey); at !== -1; at = at === 0 ? -1 : text.lastIndexOf(usageKey, at - 1)) {
    const usage = readUsage({ usage: parseObjectAt(text, at + usageKey.length) });
    if (usage) return usage;
  }
  return undefined;
}

/** The JSON object that begins at `from`; a usage has no braces in its texts. */
function parseObjectAt(text: string, from: number): unknown {
  const begin = text.indexOf('{', from);
  if (begin === -1 || text.slice(from, begin).trim() !== '') return undefined;
  for (let at = begin, depth = 0; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return parseJson(text.slice(begin, at + 1));
  }
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
