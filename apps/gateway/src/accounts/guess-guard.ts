// Wrong keys by their source: past a rate they are answered with a pause, and told once. A good key is never held up.

import { fieldValue, type RequestHead } from '@fairlead/openai-wire';
import type { Log } from '@fairlead/kit';

import type { KeyProblem } from './key-book.ts';

const wrongPerMinute = 30;
/** Of IPv4, also as IPv6 writes it. */
const loopback = /^(::ffff:)?127\.|^::1$/;
const minuteMs = 60_000;
/** The oldest gives way. */
const maxSources = 10_000;

interface Source {
  /** Wrong keys that it may still send at `atMs`. */
  left: number;
  atMs: number;
  isTold: boolean;
}

export class GuessGuard {
  readonly #log: Pick<Log, 'warn'>;
  readonly #sources = new Map<string, Source>();

  constructor(log: Pick<Log, 'warn'>) {
    this.#log = log;
  }

  /** Of a key that was refused: how long its source is to wait, 0 while it is within the rate. `nowMs`: of a clock that never goes back. */
  note(why: KeyProblem, source: string, nowMs: number): number {
    // What is no key of a gateway, or was one, is no guess.
    if (why !== 'unknown' && why !== 'mistyped') return 0;
    const known = this.#sources.get(source) ?? { left: wrongPerMinute, atMs: nowMs, isTold: false };
    const left = Math.min(wrongPerMinute, known.left + ((nowMs - known.atMs) / minuteMs) * wrongPerMinute);
    const isOver = left < 1;
    const isTold = isOver || (known.isTold && left < wrongPerMinute / 2);
    if (isTold && !known.isTold)
      this.#log.warn({ op: 'gateway.guess', ok: false, source }, 'many wrong keys come from one address');
    this.#sources.delete(source);
    this.#sources.set(source, { left: isOver ? left : left - 1, atMs: nowMs, isTold });
    if (this.#sources.size > maxSources) this.#sources.delete(this.#sources.keys().next().value!);
    return isOver ? Math.ceil(((1 - left) / wrongPerMinute) * minuteMs) : 0;
  }
}

/** Behind a proxy on this machine: the address that the proxy has put last into `X-Forwarded-For`. */
export function sourceOf(head: RequestHead, remoteAddress: string | undefined): string {
  if (remoteAddress !== undefined && !loopback.test(remoteAddress)) return remoteAddress;
  const forwarded = head.fields.findLast(({ name }) => name === 'x-forwarded-for');
  return (forwarded && fieldValue(head, forwarded).split(',').at(-1)?.trim().slice(0, 64)) || 'this machine';
}
