// Cuts a byte stream into blocks of whole lines, cheaply: an engine may write 50 MB/s. `\r` ends a line too (tqdm).

const lineFeed = 10;
const cr = 13;
/** A line longer than this is cut: it must not grow in memory without bound. */
const maxLineBytes = 64 * 1024;

export interface LineBlocks {
  push: (chunk: Buffer) => void;
  /** What is left counts as a line. */
  end: () => void;
}

/** Each block ends with `\n` and holds no `\r`. */
export function createLineBlocks(emit: (block: Buffer) => void): LineBlocks {
  let carry: Buffer[] = [];
  let carriedBytes = 0;

  const flush = (last: Buffer) => {
    const block = carry.length === 0 ? last : Buffer.concat([...carry, last]);
    carry = [];
    carriedBytes = 0;
    if (block.length > 0) emit(normalized(block));
  };

  return {
    push(chunk) {
      const end = Math.max(chunk.lastIndexOf(lineFeed), chunk.lastIndexOf(cr)) + 1;
      if (end > 0) flush(chunk.subarray(0, end));
      if (end === chunk.length) return;
      carry.push(chunk.subarray(end));
      carriedBytes += chunk.length - end;
      if (carriedBytes > maxLineBytes) flush(Buffer.alloc(0));
    },
    end: () => flush(Buffer.alloc(0)),
  };
}

function normalized(block: Buffer): Buffer {
  if (!block.includes(cr)) return block.at(-1) === lineFeed ? block : Buffer.concat([block, Buffer.from('\n')]);
  // latin1 keeps every byte as it is.
  const text = block.toString('latin1').replaceAll(/[\r\n]+/g, '\n');
  return Buffer.from(text.endsWith('\n') ? text : `${text}\n`, 'latin1');
}
