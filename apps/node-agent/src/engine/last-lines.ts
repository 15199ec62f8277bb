// The last lines an engine wrote, bounded in number and length.

const maxLines = 1000;
const lineLimit = 1000;
/** Of a large block only its end is looked at. */
const linesPerBlock = 300;
const bytesPerBlock = 64 * 1024;

export class LastLines {
  #lines: string[] = [];

  /** Takes a block of whole lines; returns those it looked at, oldest first. */
  push(block: Buffer): string[] {
    const tail = block.length > bytesPerBlock ? block.subarray(block.length - bytesPerBlock) : block;
    const lines = tail.toString('utf8').split('\n');
    lines.pop();
    const seen = lines.slice(-linesPerBlock).map((line) => (line.length > lineLimit ? line.slice(0, lineLimit) : line));
    this.#lines.push(...seen);
    if (this.#lines.length > 2 * maxLines) this.#lines = this.#lines.slice(-maxLines);
    return seen;
  }

  clear(): void {
    this.#lines = [];
  }

  get lines(): readonly string[] {
    return this.#lines.slice(-maxLines);
  }
}
