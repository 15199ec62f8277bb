// An instance's answer on its way to the client: its bytes in, the client's bytes out. Nothing goes out before there is something of the
// body, so that until then another instance can be asked.

import type { Dialect } from '@fairlead/openai-wire';

import { type AnswerFraming, type AnswerHead, readAnswerHead, renderClientHead } from './answer-head.ts';
import { type BodyReader, createBodyReader } from './body-reader.ts';
import { EventPassage } from './event-passage.ts';
import { PassageTally } from './passage-tally.ts';
import { WholePassage } from './whole-passage.ts';

export interface AnswerOptions {
  dialect: Dialect;
  requestId: string;
  /** Of the request: HTTP/1.0 has no chunks. */
  version: '1.0' | '1.1';
  keepAlive: boolean;
  /** The gateway asked for the usage, not the client. */
  hidesUsage: boolean;
  /** Further lines of the head. */
  fields: readonly string[];
}

export type AnswerStep =
  | { kind: 'more'; bytes?: Buffer }
  | { kind: 'done'; bytes: Buffer }
  /** It cannot be used, or was cut. */
  | { kind: 'bad'; why: string };

const nothing = Buffer.alloc(0);
const lastChunk = Buffer.from('0\r\n\r\n');
const crlf = Buffer.from('\r\n');

export class AnswerRelay {
  readonly tally = new PassageTally();
  readonly #options: AnswerOptions;
  #headBytes: Buffer | undefined = nothing;
  #head: AnswerHead | undefined;
  #reader: BodyReader | undefined;
  #passage: EventPassage | WholePassage | undefined;
  #out: AnswerFraming = { kind: 'close' };
  #hasBegun = false;

  constructor(options: AnswerOptions) {
    this.#options = options;
  }

  /** Once its head has come. */
  get status(): number | undefined {
    return this.#head?.status;
  }

  /** Whether an error event can be put behind what has gone out. */
  get isEventStream(): boolean {
    return this.#head?.isEventStream === true;
  }

  /** The connection may serve another request after this answer. */
  get keepsAlive(): boolean {
    return this.#options.keepAlive && this.#out.kind !== 'close';
  }

  take(piece: Buffer): AnswerStep {
    if (!this.#headBytes) return this.#takeBody(piece);
    const bytes = this.#headBytes.length === 0 ? piece : Buffer.concat([this.#headBytes, piece]);
    const step = readAnswerHead(bytes);
    if (step.kind === 'bad') return { kind: 'bad', why: `its answer is no HTTP: ${step.problem}` };
    if (step.kind === 'more') {
      this.#headBytes = bytes;
      return { kind: 'more' };
    }
    this.#begin(step.head);
    return this.#takeBody(step.rest);
  }

  /** The instance has closed its side. */
  end(): AnswerStep {
    if (!this.#reader) return { kind: 'bad', why: 'it hung up without an answer' };
    return this.#reader.end() ? this.#finish([]) : { kind: 'bad', why: 'it hung up in the middle of its answer' };
  }

  /** Text as content of the answer, framed. */
  frame(text: string): Buffer {
    return Buffer.concat(this.#framed([Buffer.from(text)]));
  }

  #begin(head: AnswerHead): void {
    this.#headBytes = undefined;
    this.#head = head;
    this.#reader = createBodyReader(head.framing);
    const passesWhole = !head.isEventStream && (head.framing.kind === 'length' || head.framing.kind === 'none');
    if (passesWhole) this.#out = head.framing;
    else if (this.#options.version === '1.1') this.#out = { kind: 'chunked' };
    this.#passage = head.isEventStream
      ? new EventPassage(this.tally, this.#options.hidesUsage)
      : new WholePassage(this.tally);
  }

  #takeBody(piece: Buffer): AnswerStep {
    const reader = this.#reader!;
    const passed: Buffer[] = [];
    reader.read(piece, (content) => {
      const bytes = this.#passage!.take(content);
      if (bytes) passed.push(bytes);
    });
    if (reader.isBad) return { kind: 'bad', why: 'the chunks of its answer are not valid' };
    if (reader.isDone) return this.#finish(passed);
    return passed.length === 0 ? { kind: 'more' } : { kind: 'more', bytes: join(this.#withHead(this.#framed(passed))) };
  }

  #finish(passed: Buffer[]): AnswerStep {
    const rest = this.#passage!.end();
    const pieces = this.#withHead(this.#framed(rest ? [...passed, rest] : passed));
    if (this.#out.kind === 'chunked') pieces.push(lastChunk);
    return { kind: 'done', bytes: join(pieces) };
  }

  #withHead(pieces: Buffer[]): Buffer[] {
    if (this.#hasBegun) return pieces;
    this.#hasBegun = true;
    const { requestId, fields } = this.#options;
    const framing = { framing: this.#out, keepAlive: this.keepsAlive, requestId, fields };
    return [renderClientHead(this.#head!, framing), ...pieces];
  }

  #framed(pieces: Buffer[]): Buffer[] {
    if (this.#out.kind !== 'chunked' || pieces.length === 0) return pieces;
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    return [Buffer.from(`${bytes.toString(16)}\r\n`, 'latin1'), ...pieces, crlf];
  }
}

function join(pieces: Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}
