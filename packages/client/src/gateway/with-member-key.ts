// A channel to a gateway that takes one request of a program on this machine: the program shows the key of the local port, and the
// gateway gets the member's.

import { Duplex } from 'node:stream';

import type { Secret } from '@fairlead/kit';

import { renderError } from '../local/local-answers.ts';
import type { GatewayUrl } from './gateway-url.ts';

export interface MemberKeys {
  /** Of the local port. */
  local: Secret;
  /** Of the member, which programs may know too. */
  member: Secret;
}

const headEnd = '\r\n\r\n';
const maxHeadBytes = 64 * 1024;
/** Fields that are the gateway's, or of one connection. */
const replaced = new Set(['host', 'authorization', 'x-api-key', 'connection', 'keep-alive', 'proxy-connection']);

export type RewrittenHead = { ok: true; bytes: Buffer } | { ok: false; answer: Buffer };

/** `head`: without its blank line. Pure. The connection is for this one request: what follows it is not looked at. */
export function rewriteHead(
  head: string,
  { prefix, host }: Pick<GatewayUrl, 'prefix' | 'host'>,
  keys: MemberKeys,
): RewrittenHead {
  const [requestLine = '', ...lines] = head.split('\r\n');
  const [method = '', target = '', version = ''] = requestLine.split(' ');
  const fields = lines.map((line) => ({ line, name: line.split(':', 1)[0]!.trim().toLowerCase() }));
  const valueOf = (name: string) =>
    fields
      .find((field) => field.name === name)
      ?.line.slice(name.length + 1)
      .trim();
  const bearer = /^Bearer +(.*)$/i.exec(valueOf('authorization') ?? '')?.[1];
  const shown = [bearer, valueOf('x-api-key')].filter((key) => key !== undefined);
  const isKnown = (key: string) => keys.local.matches(key) || keys.member.matches(key);
  if (shown.length === 0 || !shown.every(isKnown)) return { ok: false, answer: refusal(method, shown.length) };
  const kept = fields.filter(({ name }) => !replaced.has(name)).map(({ line }) => line);
  const own = [`host: ${host}`, `authorization: Bearer ${keys.member.reveal()}`, 'connection: close'];
  const text = [`${method} ${prefix}${target} ${version}`, ...kept, ...own].join('\r\n') + headEnd;
  return { ok: true, bytes: Buffer.from(text, 'latin1') };
}

function refusal(method: string, shown: number): Buffer {
  const why = shown === 0 ? 'There is no key' : 'The key is not the one of this port';
  const message = `${why}: send the key that \`fairlead connect\` gave, as \`Authorization: Bearer <key>\`.`;
  return renderError({ status: 401, code: 'unauthorized', message, method });
}

/** Takes ownership of the channel: it ends, fails and closes with what is returned, and the other way round. */
export function withMemberKey(channel: Duplex, url: GatewayUrl, keys: MemberKeys): Duplex {
  return new ChannelWithKey(channel, (head) => rewriteHead(head, url, keys));
}

class ChannelWithKey extends Duplex {
  readonly #channel: Duplex;
  readonly #rewrite: (head: string) => RewrittenHead;
  /** What came of the head; undefined once it has been sent on. */
  #head: Buffer | undefined = Buffer.alloc(0);
  #isRefused = false;

  constructor(channel: Duplex, rewrite: (head: string) => RewrittenHead) {
    super({ allowHalfOpen: true });
    this.#channel = channel;
    this.#rewrite = rewrite;
    channel.on('data', (piece: Buffer) => {
      if (!this.#isRefused && !this.push(piece)) channel.pause();
    });
    channel.once('end', () => this.#isRefused || this.push(null));
    channel.on('error', (error) => this.destroy(error));
    channel.once('close', () => {
      if (!channel.readableEnded && !this.#isRefused) this.destroy();
    });
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#isRefused) return done();
    if (!this.#head) return void this.#channel.write(piece, done);
    const bytes = Buffer.concat([this.#head, piece]);
    const end = bytes.indexOf(headEnd);
    if (end === -1) {
      this.#head = bytes;
      return done(bytes.length > maxHeadBytes ? new Error('the head of the request is too long') : undefined);
    }
    const rewritten = this.#rewrite(bytes.toString('latin1', 0, end));
    if (!rewritten.ok) return this.#refuse(rewritten.answer, done);
    this.#head = undefined;
    this.#channel.write(Buffer.concat([rewritten.bytes, bytes.subarray(end + headEnd.length)]), done);
  }

  override _final(done: () => void): void {
    this.#channel.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#channel.destroy(error ?? undefined);
    done(error);
  }

  /** The gateway is not asked. */
  #refuse(answer: Buffer, done: () => void): void {
    this.#isRefused = true;
    this.push(answer);
    this.push(null);
    this.#channel.destroy();
    done();
  }
}
