// The last lines an engine wrote, bounded in number and length. Holds bytes: an engine may write 50 MB/s, and only a failure reads them.

const maxLines = 1000;
const lineLimit = 1000;
const heldBytes = 512 * 1024;
const lineFeed = 10;

export class LastLines {
  readonly #memory = Buffer.allocUnsafeSlow(2 * heldBytes);
  #usedBytes = 0;
  /** The first line has lost its beginning. */
  #isCut = false;

  /** Takes a block of whole lines, and copies what it keeps. */
  push(block: Buffer): void {
    const tail = block.subarray(Math.max(0, block.length - heldBytes));
    this.#isCut ||= tail.length < block.length;
    if (this.#usedBytes + tail.length > this.#memory.length) {
      const keptBytes = Math.min(this.#usedBytes, heldBytes);
      this.#memory.copyWithin(0, this.#usedBytes - keptBytes, this.#usedBytes);
      this.#usedBytes = keptBytes;
      this.#isCut = true;
    }
    tail.copy(this.#memory, this.#usedBytes);
    this.#usedBytes += tail.length;
  }

  clear(): void {
    this.#usedBytes = 0;
    this.#isCut = false;
  }

  /** Oldest first. */
  get lines(): readonly string[] {
    const lines: string[] = [];
    for (let to = this.#usedBytes - 1; to >= 0 && lines.length < maxLines;) {
      const from = to === 0 ? 0 : this.#memory.lastIndexOf(lineFeed, to - 1) + 1;
      if (from === 0 && this.#isCut) break;
      lines.push(this.#memory.toString('utf8', from, Math.min(to, from + lineLimit)));
      to = from - 1;
    }
    return lines.toReversed();
  }
}
