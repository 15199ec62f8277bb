// What the fields of a head mean to a server: how the body is framed, whose credential it is, what must not travel on.
// Whatever could be framed in two ways is refused (RFC 9112 6.3, RFC 9110 7.6.1).

import { type Refusal, refuse } from '../refusal.ts';
import { type Field, fieldValue, type RequestHead } from './head-parser.ts';

export type Framing = { kind: 'none' } | { kind: 'length'; bytes: number } | { kind: 'chunked' };

export interface Interpreted {
  framing: Framing;
  /** The one key presented, by either header or by both. */
  credential: string | undefined;
  expectsContinue: boolean;
  /** Names of fields that the client's `Connection` asks to drop, beside those that are always dropped. */
  dropped: ReadonlySet<string>;
}

export type Interpretation = { ok: true; value: Interpreted } | { ok: false; refusal: Refusal };

/** Meant for this hop, or put there anew for the engine. `trailer`: trailers are dropped (see ChunkedBody). */
const neverForwarded = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
  'expect',
  'authorization',
  'x-api-key',
]);

/** A `Connection` that names one of these wants it seen by one hop and not by the next. */
const notDroppable = new Set(['host', 'content-length', 'transfer-encoding', 'authorization', 'x-api-key', 'expect']);
const nothing: ReadonlySet<string> = new Set();
const digits = /^[0-9]{1,15}$/;

export function isForwarded(name: string, dropped: ReadonlySet<string>): boolean {
  return !neverForwarded.has(name) && !name.startsWith('proxy-') && !dropped.has(name);
}

export function interpretHead(head: RequestHead): Interpretation {
  const named = sortFields(head.fields);
  if (named.host.length > 1 || (named.host.length === 0 && head.version === '1.1'))
    return bad('it must have one Host header');
  const framing = readFraming(head, named['content-length'], named['transfer-encoding']);
  if ('refusal' in framing) return { ok: false, refusal: framing.refusal };
  const credential = readCredential(head, named.authorization, named['x-api-key']);
  if (credential === 'several') return { ok: false, refusal: refuse('bad_request', severalKeys) };
  const { expect } = named;
  if (expect.some((field) => fieldValue(head, field).toLowerCase() !== '100-continue'))
    return bad('its Expect is not 100-continue');
  const dropped = readConnection(head, named.connection);
  if (!dropped) return bad('its Connection header names a field that every hop needs');
  const expectsContinue = expect.length > 0 && head.version === '1.1' && framing.kind !== 'none';
  return { ok: true, value: { framing, credential: credential?.key, expectsContinue, dropped } };
}

type ReadName =
  | 'host'
  | 'content-length'
  | 'transfer-encoding'
  | 'authorization'
  | 'x-api-key'
  | 'expect'
  | 'connection';
const none: readonly Field[] = [];

/** Those that mean something here, by their names. */
function sortFields(fields: readonly Field[]): Record<ReadName, readonly Field[]> {
  const named: Record<ReadName, readonly Field[]> = {
    host: none,
    'content-length': none,
    'transfer-encoding': none,
    authorization: none,
    'x-api-key': none,
    expect: none,
    connection: none,
  };
  for (const field of fields) {
    if (!Object.hasOwn(named, field.name)) continue;
    const name = field.name as ReadName;
    named[name] = named[name] === none ? [field] : [...named[name], field];
  }
  return named;
}

function readFraming(
  head: RequestHead,
  lengths: readonly Field[],
  encodings: readonly Field[],
): Framing | { refusal: Refusal } {
  const [length, encoding] = [lengths[0], encodings[0]];
  if (!length && !encoding) return { kind: 'none' };
  if (lengths.length + encodings.length > 1) return bad('it states the length of its body more than once');
  if (encoding) {
    if (head.version === '1.0') return bad('HTTP/1.0 has no Transfer-Encoding');
    if (fieldValue(head, encoding).toLowerCase() !== 'chunked') return bad('its Transfer-Encoding is not chunked');
    return { kind: 'chunked' };
  }
  const value = fieldValue(head, length!);
  if (!digits.test(value)) return bad('its Content-Length is not a number');
  return Number(value) === 0 ? { kind: 'none' } : { kind: 'length', bytes: Number(value) };
}

/** Equal ones are one: some clients send their key by both headers. A credential of another scheme is none of ours, but counts as another. */
function readCredential(
  head: RequestHead,
  authorizations: readonly Field[],
  apiKeys: readonly Field[],
): { key: string } | 'several' | undefined {
  const keys = [
    ...apiKeys.map((field) => fieldValue(head, field)),
    ...authorizations.map((field) => bearerOf(fieldValue(head, field))),
  ];
  const [first] = keys;
  if (keys.some((key) => key !== first)) return 'several';
  return first === undefined ? undefined : { key: first };
}

function bearerOf(authorization: string): string | undefined {
  return authorization.slice(0, 7).toLowerCase() === 'bearer ' ? authorization.slice(7).trimStart() : undefined;
}

function readConnection(head: RequestHead, connections: readonly Field[]): ReadonlySet<string> | undefined {
  if (connections.length === 0) return nothing;
  const names = connections.flatMap((field) => fieldValue(head, field).toLowerCase().split(','));
  const dropped = new Set(names.map((name) => name.trim()).filter((name) => name !== '' && name !== 'close'));
  for (const name of dropped) if (notDroppable.has(name)) return undefined;
  return dropped;
}

const severalKeys =
  "This request presents two different credentials, such as one in `Authorization` and another in `x-api-key`. Keep the key of this server and unset the other: for Claude Code and Anthropic's SDKs unset ANTHROPIC_AUTH_TOKEN (sent as `Authorization`) or ANTHROPIC_API_KEY (sent as `x-api-key`), and log out of claude.ai (`/logout`) if you are logged in; for other clients look for OPENAI_API_KEY and for headers in their settings.";

function bad(problem: string): { ok: false; refusal: Refusal } {
  return {
    ok: false,
    refusal: refuse('bad_request', `This request cannot be accepted because ${problem}. Correct the client.`),
  };
}
