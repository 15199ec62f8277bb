// How many bytes of request bodies are held at a time, and by whom: a member cannot take what the others need. Pure.

/** Of the whole room, for one member. */
const memberShare = 0.5;
/** Members who hold nothing. */
const maxIdle = 1_000;

export class BodyRoom {
  readonly #limitBytes: number;
  readonly #byMember = new Map<string, number>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** False where there is no room, and then nothing is taken. */
  take(member: string, bytes: number): boolean {
    const own = (this.#byMember.get(member) ?? 0) + bytes;
    if (own > this.#limitBytes * memberShare || this.#bytes + bytes > this.#limitBytes) return false;
    this.#byMember.set(member, own);
    this.#bytes += bytes;
    return true;
  }

  give(member: string, bytes: number): void {
    if (bytes === 0) return;
    this.#byMember.set(member, (this.#byMember.get(member) ?? 0) - bytes);
    this.#bytes -= bytes;
    // Not at each request: a map that grows and shrinks costs more than the names.
    if (this.#bytes === 0 && this.#byMember.size > maxIdle) this.#byMember.clear();
  }
}
