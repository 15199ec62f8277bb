// What the local port does with a request, from its first bytes: most pass to the node unchanged; probes and preflights are answered here.

import { otherServerHint } from '@fairlead/openai-wire';

import { allowedOrigin } from './allowed-origins.ts';
import { renderError, renderPreflight, renderText } from './local-answers.ts';

export type LocalDecision =
  /** Too little of the head has come. */
  | { kind: 'more' }
  | { kind: 'relay'; method: string; /** Of the page that may read the answer. */ origin: string | undefined }
  | { kind: 'answer'; bytes: Buffer };

/** A head that is longer passes to the node, which has limits of its own. */
const maxHeadBytes = 16 * 1024;
const more: LocalDecision = { kind: 'more' };
const postV1 = Buffer.from('POST /v1/', 'latin1');
const relayPost: LocalDecision = { kind: 'relay', method: 'POST', origin: undefined };

/** `allowed`: as `parseOrigins` gives them. Nothing that is answered here needs the key, or tells anything of the deployment. */
export function decideLocal(bytes: Buffer, allowed: readonly string[]): LocalDecision {
  if (allowed.length === 0 && bytes.indexOf(postV1) === 0) return relayPost;
  if (!looksLikeHttp(bytes)) return { kind: 'relay', method: '', origin: undefined };
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return bytes.length < maxHeadBytes ? more : { kind: 'relay', method: '', origin: undefined };
  const [requestLine = '', ...fields] = bytes.toString('latin1', 0, end).split('\r\n');
  const [method = '', target = ''] = requestLine.split(' ');
  const head: LocalHead = { method, path: target.split('?', 1)[0] ?? '', field: (name) => fieldOf(fields, name) };
  const origin = head.field('origin');
  const isPreflight = method === 'OPTIONS' && origin !== undefined && head.field('access-control-request-method');
  if (isPreflight) return answer(preflight(origin, head, allowed));
  const allowedFor = origin === undefined ? undefined : allowedOrigin(origin, allowed);
  return probe(head, allowedFor) ?? { kind: 'relay', method, origin: allowedFor };
}

/** The node refuses anything else (a TLS hello, lines that end in LF alone) at once; here it would wait for the end of a head. */
function looksLikeHttp(bytes: Buffer): boolean {
  const isLetter = bytes[0]! >= 0x41 && bytes[0]! <= 0x5a;
  const lf = bytes.indexOf('\n');
  return isLetter && (lf === -1 || bytes[lf - 1] === 0x0d);
}

interface LocalHead {
  method: string;
  path: string;
  field: (name: string) => string | undefined;
}

function preflight(origin: string, head: LocalHead, allowed: readonly string[]): Buffer {
  const allow = allowedOrigin(origin, allowed);
  if (allow === undefined) {
    const message = `Web pages of ${origin} may not use this port. If this one should, start \`fairlead connect\` with --allow-origin ${origin}.`;
    return renderError({ status: 403, code: 'origin_refused', message });
  }
  return renderPreflight({
    origin: allow,
    headers: head.field('access-control-request-headers'),
    isPrivateNetwork: head.field('access-control-request-private-network') === 'true',
  });
}

/** Clients that ask for `/` take anything but 200 for a server that is down. Clients that look for Ollama have the wrong setting. */
function probe({ method, path, field }: LocalHead, origin: string | undefined): LocalDecision | undefined {
  const server = `http://${field('host') ?? '127.0.0.1'}`;
  if (path === '/' && (method === 'GET' || method === 'HEAD')) {
    const text = `Fairlead: an OpenAI-compatible server. Base URL: ${server}/v1 (Anthropic clients: ${server}); every request there needs the key.\n`;
    return answer(renderText(text, { method, origin }));
  }
  const message = otherServerHint(path, server);
  if (message === undefined) return undefined;
  return answer(renderError({ status: 404, code: 'route_refused', message, method, origin }));
}

function fieldOf(fields: readonly string[], name: string): string | undefined {
  const line = fields.find((field) => field.slice(0, name.length + 1).toLowerCase() === `${name}:`);
  return line?.slice(name.length + 1).trim();
}

function answer(bytes: Buffer): LocalDecision {
  return { kind: 'answer', bytes };
}
