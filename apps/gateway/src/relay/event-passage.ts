// What becomes of a stream of events on its way to the client: whole events pass byte for byte, as soon as they are whole, so that an error
// event can follow at any time. Counts what was generated, reads the usage, and takes the event with it out where the client did not ask.

import { readUsage } from '@fairlead/openai-wire';

import type { PassageTally } from './passage-tally.ts';

const lineFeed = 0x0a;
const cr = 0x0d;
const usageMark = Buffer.from('"usage":{');
const noChoices = Buffer.from('"choices":[]');
const data = Buffer.from('data: ');
const done = Buffer.from('data: [DONE]');
const error = Buffer.from('data: {"error"');
const errorEvent = Buffer.from('event: error');
/** A larger event, or one in more pieces, passes in pieces: nothing of it is read. */
const maxEventBytes = 1024 * 1024;
const maxEventPieces = 4_096;
/** How far back the end of an event may have begun: CR, LF and CR. */
const edgeBytes = 3;
const nothing = Buffer.alloc(0);

export class EventPassage {
  readonly #tally: PassageTally;
  readonly #hidesUsage: boolean;
  /** The start of an event that is not whole. */
  #part: Buffer[] = [];
  #partBytes = 0;
  /** Its last bytes. */
  #edge: Buffer = nothing;
  #isTooLarge = false;

  /** `hidesUsage`: the gateway asked for the usage, not the client. */
  constructor(tally: PassageTally, hidesUsage: boolean) {
    this.#tally = tally;
    this.#hidesUsage = hidesUsage;
  }

  /** What may go to the client now; undefined: nothing yet. */
  take(content: Buffer): Buffer | undefined {
    // An event that comes in many pieces is put together once.
    if (!this.#hasEndIn(content)) return this.#hold(content);
    const bytes = this.#with(content);
    const end = endOfLastEvent(bytes, Math.max(0, this.#partBytes - edgeBytes));
    this.#keep(bytes.subarray(end));
    if (!this.#isTooLarge) return this.#pass(bytes.subarray(0, end));
    this.#isTooLarge = false;
    return bytes.subarray(0, end);
  }

  /** The stream has ended: what is left of it, which is no event. */
  end(): Buffer | undefined {
    const rest = this.#partBytes === 0 ? undefined : Buffer.concat(this.#part);
    this.#keep(nothing);
    return rest;
  }

  #with(content: Buffer): Buffer {
    return this.#part.length === 0 ? content : Buffer.concat([...this.#part, content]);
  }

  #hasEndIn(content: Buffer): boolean {
    if (endOfLastEvent(content, 0) > 0) return true;
    return endOfLastEvent(Buffer.concat([this.#edge, content.subarray(0, 2)]), 0) > 0;
  }

  #hold(content: Buffer): Buffer | undefined {
    if (this.#partBytes + content.length < maxEventBytes && this.#part.length < maxEventPieces) {
      this.#part.push(content);
      this.#partBytes += content.length;
      this.#edge = Buffer.concat([this.#edge, content.subarray(-edgeBytes)]).subarray(-edgeBytes);
      return undefined;
    }
    const bytes = this.#with(content);
    this.#isTooLarge = true;
    this.#keep(nothing);
    return bytes;
  }

  #keep(rest: Buffer): void {
    this.#part = rest.length === 0 ? [] : [rest];
    this.#partBytes = rest.length;
    this.#edge = rest.subarray(-edgeBytes);
  }

  #pass(events: Buffer): Buffer | undefined {
    let kept: Buffer[] | undefined;
    for (let start = 0; start < events.length;) {
      const end = endOfEvent(events, start);
      const isHidden = this.#note(events.subarray(start, end)) && this.#hidesUsage;
      if (isHidden) kept ??= start === 0 ? [] : [events.subarray(0, start)];
      else kept?.push(events.subarray(start, end));
      start = end;
    }
    if (!kept) return events;
    return kept.length === 0 ? undefined : Buffer.concat(kept);
  }

  /** Whether the event tells the usage and nothing else. */
  #note(event: Buffer): boolean {
    if (startsWith(event, error) || startsWith(event, errorEvent)) {
      this.#tally.engineError = true;
      return false;
    }
    const at = dataOf(event);
    if (at === -1 || startsWith(event.subarray(at), done)) return false;
    if (!event.includes(usageMark)) {
      this.#tally.generated += 1;
      return false;
    }
    const isUsageAlone = event.includes(noChoices);
    if (!isUsageAlone) this.#tally.generated += 1;
    this.#tally.note(readUsage(parse(event.toString('utf8', at + data.length))));
    return isUsageAlone;
  }
}

/** After the last empty line; 0 where there is none. */
function endOfLastEvent(bytes: Buffer, from: number): number {
  for (let at = bytes.lastIndexOf(lineFeed); at > 0 && at >= from; at = bytes.lastIndexOf(lineFeed, at - 1))
    if (isEmptyLine(bytes, at)) return at + 1;
  return 0;
}

function endOfEvent(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(lineFeed, from); at !== -1; at = bytes.indexOf(lineFeed, at + 1))
    if (isEmptyLine(bytes, at)) return at + 1;
  return bytes.length;
}

/** Whether the line feed ends a line of nothing. */
function isEmptyLine(bytes: Buffer, at: number): boolean {
  return bytes[at - 1] === lineFeed || (bytes[at - 1] === cr && bytes[at - 2] === lineFeed);
}

/** Where its line of data begins; -1 where it has none, as a comment. */
function dataOf(event: Buffer): number {
  if (startsWith(event, data)) return 0;
  const at = event.indexOf('\ndata: ');
  return at === -1 ? -1 : at + 1;
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.length >= start.length && bytes.compare(start, 0, start.length, 0, start.length) === 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    // It is for the client to judge: the event has passed as it is.
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}
