// How late the tokens of streams are. The engine keeps its pace by the clock: token n of a stream is due n times the pace after its first,
// however late the tokens before it were. What is left, beyond the least of a calm time, was spent on the way. Pure.

export class TokenDelays {
  readonly #paceMs: number;
  readonly #streams: StreamOfTokens[] = [];
  #isCounting = false;

  constructor(paceMs: number) {
    this.#paceMs = paceMs;
  }

  /** Ends the calm time, in which nothing but the streams is on the way. */
  beginCounting(): void {
    this.#isCounting = true;
  }

  /** Of one stream: takes how many tokens came, and when. */
  addStream(): (tokens: number, nowMs: number) => void {
    const stream: StreamOfTokens = { seen: 0, calmMs: Number.POSITIVE_INFINITY, lateMs: [] };
    this.#streams.push(stream);
    return (tokens, nowMs) => {
      for (let left = tokens; left > 0; left -= 1) this.#take(stream, nowMs);
    };
  }

  /** Milliseconds beyond what the same stream's tokens took at best in the calm time. */
  get addedMs(): number[] {
    return this.#streams.flatMap(({ calmMs, lateMs }) => lateMs.map((late) => late - calmMs));
  }

  #take(stream: StreamOfTokens, nowMs: number): void {
    const late = nowMs - stream.seen * this.#paceMs;
    stream.seen += 1;
    if (this.#isCounting) stream.lateMs.push(late);
    else stream.calmMs = Math.min(stream.calmMs, late);
  }
}

interface StreamOfTokens {
  seen: number;
  calmMs: number;
  lateMs: number[];
}
