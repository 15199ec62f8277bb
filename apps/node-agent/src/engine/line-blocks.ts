// Cuts a byte stream into blocks of whole lines, cheaply: an engine may write 50 MB/s. `\r` ends a line too (tqdm).

const lineFeed = 10;
const cr = 13;
/** A line longer than this is cut: it must not grow in memory without bound. */
const maxLineBytes = 64 * 1024;
const memoryBytes = 2 * maxLineBytes;

export interface LineBlocks {
  push: (chunk: Buffer) => void;
  /** What is left counts as a line. */
  end: () => void;
}

/**
 * Each block ends with `\n` and holds no `\r`. The memory of a chunk may be written over when `push` returns, that of a block when
 * `emit` returns: everything passes through one piece of memory.
 */
export function createLineBlocks(emit: (block: Buffer) => void): LineBlocks {
  const memory = Buffer.allocUnsafeSlow(memoryBytes + 1);
  let usedBytes = 0;

  const flush = (toByte: number) => {
    if (toByte > 0) emit(normalized(memory.subarray(0, toByte)));
    memory.copyWithin(0, toByte, usedBytes);
    usedBytes -= toByte;
  };
  const endLine = () => {
    memory[usedBytes] = lineFeed;
    usedBytes += 1;
    flush(usedBytes);
  };

  return {
    push(chunk) {
      for (let from = 0; from < chunk.length;) {
        const part = chunk.subarray(from, from + memoryBytes - usedBytes);
        part.copy(memory, usedBytes);
        const end = Math.max(part.lastIndexOf(lineFeed), part.lastIndexOf(cr)) + 1;
        const toByte = end > 0 ? usedBytes + end : 0;
        usedBytes += part.length;
        from += part.length;
        flush(toByte);
        if (usedBytes > maxLineBytes) endLine();
      }
    },
    end() {
      if (usedBytes > 0) endLine();
    },
  };
}

function normalized(block: Buffer): Buffer {
  if (!block.includes(cr)) return block;
  // latin1 keeps every byte as it is.
  return Buffer.from(block.toString('latin1').replaceAll(/[\r\n]+/g, '\n'), 'latin1');
}
