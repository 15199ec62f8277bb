// Cuts bytes into lines. Keeps only the beginning of each line, so that a line without an end cannot fill the memory. Pure.

export interface LineReader {
  push: (chunk: Uint8Array) => void;
  /** Passes on the last line if it has no line end. */
  end: () => void;
}

const newline = 10;

/** Calls `onLine` with the first `limitBytes` of each line. Bytes that are not UTF-8 become U+FFFD. */
export function createLineReader(onLine: (line: string) => void, limitBytes = 8192): LineReader {
  /** The beginning of the line whose end has not arrived. */
  let head: Buffer[] = [];
  let headBytes = 0;
  let hasHead = false;

  const keep = (part: Buffer) => {
    hasHead = true;
    const room = limitBytes - headBytes;
    if (room <= 0) return;
    // A copy, because the caller may reuse the chunk's memory.
    const kept = Buffer.from(part.subarray(0, room));
    head.push(kept);
    headBytes += kept.length;
  };
  const handOver = () => {
    const line = Buffer.concat(head).toString('utf8');
    head = [];
    headBytes = 0;
    hasHead = false;
    onLine(line);
  };

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      let from = 0;
      for (let to = bytes.indexOf(newline); to >= 0; to = bytes.indexOf(newline, from)) {
        if (hasHead) {
          keep(bytes.subarray(from, to));
          handOver();
        } else onLine(bytes.toString('utf8', from, Math.min(to, from + limitBytes)));
        from = to + 1;
      }
      if (from < bytes.length) keep(bytes.subarray(from));
    },
    end() {
      if (hasHead) handOver();
    },
  };
}
