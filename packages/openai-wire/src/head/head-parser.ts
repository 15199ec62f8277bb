// Bytes → the head of one request, line by line as they arrive. Syntax only (RFC 9112 2 to 5), and nothing is repaired:
// whatever two parsers could read differently is refused. What the fields mean is `interpretHead`'s.

import { type Refusal, refuse } from '../refusal.ts';
import { modelPathPrefix } from '../routes.ts';
import { allOf, classOfByte, inEscapedPath, inPath, inQuery, inToken, inValue } from './head-bytes.ts';

/** One field line: its lower-case name, and where its value (without white space around it) and its line lie. */
export interface Field {
  name: string;
  valueStart: number;
  valueEnd: number;
  lineStart: number;
  /** After the CRLF. */
  lineEnd: number;
}

export interface RequestHead {
  method: string;
  /** The target as sent. */
  target: string;
  /** The target without its query. */
  path: string;
  version: '1.0' | '1.1';
  fields: Field[];
  /** The bytes that the offsets of `fields` point into. */
  bytes: Buffer;
}

export type HeadStep =
  | { kind: 'more' }
  | { kind: 'head'; head: RequestHead; rest: Buffer }
  | { kind: 'refused'; refusal: Refusal };

export interface HeadLimits {
  /** The whole request head, its blank line included. */
  headBytes: number;
  /** One line of the head, without its CRLF. */
  lineBytes: number;
  fields: number;
}

export const headLimits: HeadLimits = { headBytes: 64 * 1024, lineBytes: 8 * 1024, fields: 100 };

type RequestLine = Pick<RequestHead, 'method' | 'target' | 'path' | 'version'>;

const cr = 0x0d;
const lineFeed = 0x0a;
const sp = 0x20;
const htab = 0x09;
const colon = 0x3a;
const questionMark = 0x3f;
const slash = 0x2f;
const more: HeadStep = { kind: 'more' };

/** The result is the same wherever the bytes were split. After anything but `more` the parser is spent. */
export class HeadParser {
  readonly #limits: HeadLimits;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  /** The start of the line that is not complete yet. */
  #lineStart = 0;
  #requestLine: RequestLine | undefined;
  readonly #fields: Field[] = [];

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  /** Whether anything has arrived yet. */
  get started(): boolean {
    return this.#length > 0;
  }

  push(chunk: Buffer): HeadStep {
    const searchFrom = this.#length;
    this.#append(chunk);
    const bytes = this.#bytes;
    let lf = this.#indexOfLf(searchFrom);
    for (; lf !== -1; lf = this.#indexOfLf(this.#lineStart)) {
      const start = this.#lineStart;
      if (this.#isNoise()) return bad(noMethod);
      if (this.#isTooLarge(lf, lf - 1)) return this.#tooLarge();
      if (lf === start || bytes[lf - 1] !== cr) return bad('a line of its head does not end in CRLF');
      if (lf - 1 === start) {
        if (this.#requestLine) return this.#complete(this.#requestLine, lf + 1);
        // One empty line ahead of the request line is to be ignored (RFC 9112 2.2).
        if (start > 0) return bad('it starts with empty lines');
      } else {
        const problem = this.#requestLine ? this.#takeField(start, lf - 1) : this.#takeRequestLine(start, lf - 1);
        if (problem) return problem;
      }
      this.#lineStart = lf + 1;
    }
    if (this.#isNoise()) return bad(noMethod);
    // The line is longer than allowed even if its last byte so far is its CR.
    return this.#isTooLarge(this.#length - 1, this.#length - 1) ? this.#tooLarge() : more;
  }

  /** A TLS hello or other noise is known at its first byte, without waiting for an LF. */
  #isNoise(): boolean {
    if (this.#requestLine || this.#length === this.#lineStart) return false;
    const first = this.#bytes[this.#lineStart]!;
    return first !== cr && (classOfByte[first]! & inToken) === 0;
  }

  #append(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (this.#length === 0) this.#bytes = chunk;
    else {
      if (length > this.#bytes.length) this.#grow(length);
      chunk.copy(this.#bytes, this.#length);
    }
    this.#length = length;
  }

  /** Doubling keeps a client that sends single bytes from costing more than a constant for each. */
  #grow(length: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * length, 1024));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  #indexOfLf(from: number): number {
    const at = this.#bytes.indexOf(lineFeed, from);
    return at < this.#length ? at : -1;
  }

  #isTooLarge(lastByte: number, lineEnd: number): boolean {
    return lineEnd - this.#lineStart > this.#limits.lineBytes || lastByte >= this.#limits.headBytes;
  }

  #tooLarge(): HeadStep {
    const { headBytes, lineBytes, fields } = this.#limits;
    const message = `The request head is too large: at most ${headBytes} bytes, ${lineBytes} in a line, ${fields} fields. Send fewer or shorter headers.`;
    return { kind: 'refused', refusal: refuse('payload_too_large', message) };
  }

  /** `method SP target SP HTTP/1.x`, with single spaces. */
  #takeRequestLine(start: number, end: number): HeadStep | undefined {
    const bytes = this.#bytes;
    const methodEnd = bytes.indexOf(sp, start);
    if (methodEnd <= start || methodEnd >= end || !allOf(bytes, start, methodEnd, inToken)) return bad(noMethod);
    const targetEnd = bytes.indexOf(sp, methodEnd + 1);
    if (targetEnd === -1 || targetEnd >= end) return bad('its request line has no HTTP version');
    const target = targetOf(bytes, methodEnd + 1, targetEnd);
    if (!target) return bad(badTarget);
    const version = bytes.toString('latin1', targetEnd + 1, end);
    if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') return bad('its version is neither HTTP/1.1 nor HTTP/1.0');
    const method = bytes.toString('latin1', start, methodEnd);
    this.#requestLine = { method, ...target, version: version === 'HTTP/1.1' ? '1.1' : '1.0' };
    return undefined;
  }

  #takeField(lineStart: number, end: number): HeadStep | undefined {
    const bytes = this.#bytes;
    if (this.#fields.length === this.#limits.fields) return this.#tooLarge();
    let nameEnd = lineStart;
    while (nameEnd < end && (classOfByte[bytes[nameEnd]!]! & inToken) !== 0) nameEnd += 1;
    // White space here is a folded line or a space before the colon; both have been read in two ways (RFC 9112 5.1, 5.2).
    if (nameEnd === lineStart || bytes[nameEnd] !== colon) return bad('a field of its head has no valid name');
    if (!allOf(bytes, nameEnd + 1, end, inValue)) return bad('a field of its head holds a control character');
    let valueStart = nameEnd + 1;
    let valueEnd = end;
    while (valueStart < valueEnd && isBlank(bytes[valueStart])) valueStart += 1;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1])) valueEnd -= 1;
    const name = bytes.toString('latin1', lineStart, nameEnd).toLowerCase();
    this.#fields.push({ name, valueStart, valueEnd, lineStart, lineEnd: end + 2 });
    return undefined;
  }

  #complete(requestLine: RequestLine, end: number): HeadStep {
    const head = { ...requestLine, fields: this.#fields, bytes: this.#bytes.subarray(0, end) };
    return { kind: 'head', head, rest: this.#bytes.subarray(end, this.#length) };
  }
}

const noMethod = 'its request line does not start with a method';
const badTarget =
  'its target is not a plain path (no escapes but in the name of a model, no "." or ".." segments, no host)';

export function fieldValue(head: RequestHead, field: Field): string {
  return head.bytes.toString('latin1', field.valueStart, field.valueEnd);
}

/**
 * Origin form only (RFC 9112 3.2.1), with a path that can be read in one way. Escapes may stand in the name of a model, which never travels.
 * Empty segments pass here, and no route has any: a client with a slip in its base URL is told so once it has shown its key.
 */
function targetOf(bytes: Buffer, start: number, end: number): { target: string; path: string } | undefined {
  const question = bytes.indexOf(questionMark, start);
  const pathEnd = question === -1 || question > end ? end : question;
  if (bytes[start] !== slash || !allOf(bytes, pathEnd, end, inQuery)) return undefined;
  const target = bytes.toString('latin1', start, end);
  const path = target.slice(0, pathEnd - start);
  const allowed = path.startsWith(modelPathPrefix) ? inEscapedPath : inPath;
  if (!allOf(bytes, start, pathEnd, allowed)) return undefined;
  if (path.includes('/./') || path.includes('/../')) return undefined;
  return path.endsWith('/.') || path.endsWith('/..') ? undefined : { target, path };
}

function isBlank(byte: number | undefined): boolean {
  return byte === sp || byte === htab;
}

function bad(problem: string): HeadStep {
  return {
    kind: 'refused',
    refusal: refuse('bad_request', `This is no valid HTTP/1.1 request: ${problem}. Correct the client.`),
  };
}
