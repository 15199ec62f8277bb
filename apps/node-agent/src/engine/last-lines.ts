// The last lines an engine wrote, bounded in number and length.

const LINES = 1000;
const LINE_LIMIT = 1000;
/** Of a large block only its end is looked at. */
const LINES_PER_BLOCK = 300;
const BYTES_PER_BLOCK = 64 * 1024;

export class LastLines {
  #lines: string[] = [];

  /** Takes a block of whole lines; returns those it looked at, oldest first. */
  push(block: Buffer): string[] {
    const tail = block.length > BYTES_PER_BLOCK ? block.subarray(block.length - BYTES_PER_BLOCK) : block;
    const lines = tail.toString('utf8').split('\n');
    lines.pop();
    const seen = lines
      .slice(-LINES_PER_BLOCK)
      .map((line) => (line.length > LINE_LIMIT ? line.slice(0, LINE_LIMIT) : line));
    this.#lines.push(...seen);
    if (this.#lines.length > 2 * LINES) this.#lines = this.#lines.slice(-LINES);
    return seen;
  }

  clear(): void {
    this.#lines = [];
  }

  get lines(): readonly string[] {
    return this.#lines.slice(-LINES);
  }
}
