// The request that an instance gets. Its head: the client's own lines, less what is meant for one hop, with the key of the endpoint.

import { fieldValue, isForwarded, type Interpreted, type RequestHead } from '@fairlead/openai-wire';

import type { Offer } from '../routing/offer.ts';
import { applyEdits, type BodyEdit, type RequestWish } from './read-wish.ts';

interface UpstreamFraming {
  offer: Offer;
  bodyBytes: number;
}

/** Compressed answers could not be read for their usage. */
const alsoDropped = new Set(['content-length', 'transfer-encoding', 'content-encoding', 'accept-encoding']);

/** Head and body, with what the gateway changes in it: the model's name, and what asks for the usage. */
export function renderUpstreamRequest(
  { head, interpreted }: { head: RequestHead; interpreted: Interpreted },
  { offer, wish, body }: { offer: Offer; wish: RequestWish; body: Buffer },
): Buffer[] {
  const edits: BodyEdit[] = [wish.usageEdit, wish.limitEdit].filter((edit) => edit !== undefined);
  if (offer.servedModel !== wish.model) edits.push({ ...wish.modelRange, text: wish.writeModel(offer.servedModel) });
  const pieces = applyEdits(body, edits);
  const bodyBytes = pieces.reduce((sum, { length }) => sum + length, 0);
  return [renderUpstreamHead(head, interpreted, { offer, bodyBytes }), ...pieces];
}

/** The body follows whole, with its length. `close`: the front serves one request on a connection. */
function renderUpstreamHead(
  head: RequestHead,
  { dropped }: Interpreted,
  { offer: { apiKey, place }, bodyBytes }: UpstreamFraming,
): Buffer {
  const server = place.kind === 'upstream' ? new URL(place.url) : undefined;
  const target = server ? targetAt(server, head.target) : head.target;
  let lines = `${head.method} ${target} HTTP/1.1\r\n`;
  let hasHost = server !== undefined;
  if (server) lines += `host: ${server.host}\r\n`;
  for (const field of head.fields) {
    if (!isForwarded(field.name, dropped) || alsoDropped.has(field.name)) continue;
    if (server && isPrivate(field.name)) continue;
    hasHost ||= field.name === 'host';
    lines += `${field.name}: ${fieldValue(head, field)}\r\n`;
  }
  if (!hasHost) lines += 'host: gateway\r\n';
  lines += `content-length: ${bodyBytes}\r\nauthorization: Bearer ${apiKey.reveal()}\r\nconnection: close\r\n\r\n`;
  return Buffer.from(lines, 'latin1');
}

/** The path of the base URL stands for `/v1`. */
function targetAt({ pathname }: URL, target: string): string {
  const base = pathname === '/' ? '' : pathname;
  return target.startsWith('/v1/') ? base + target.slice('/v1'.length) : base.replace(/\/v1$/, '') + target;
}

/** Of the client and its way to this gateway: another server has no business with it. */
function isPrivate(name: string): boolean {
  return /^(host|cookie|forwarded|x-forwarded-.*|x-real-ip|via|origin|referer)$/.test(name);
}

export function contentEncodingOf(head: RequestHead): string | undefined {
  const field = head.fields.find(({ name }) => name === 'content-encoding');
  const value = field && fieldValue(head, field).toLowerCase();
  return value === 'identity' || value === '' ? undefined : value;
}

export function contentTypeOf(head: RequestHead): string {
  const field = head.fields.find(({ name }) => name === 'content-type');
  return field ? fieldValue(head, field) : '';
}

/** An HTTP/1.0 client is answered with the end of the connection. */
export function asksToClose(head: RequestHead): boolean {
  if (head.version === '1.0') return true;
  return head.fields.some((field) => field.name === 'connection' && /\bclose\b/i.test(fieldValue(head, field)));
}
