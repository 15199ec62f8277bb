// The forms in which a secret may lie somewhere: its first and last 16 bytes, as they are, in hex, in base64 at each offset,
// URL-encoded. What holds the whole of it, or most of it, holds one of these. Pure.

const windowBytes = 16;
/** Shorter pieces of a binary secret would be found by chance. */
const pieceBytes = 10;

export interface KnownSecret {
  /** What it is called where it is found. It is never shown itself. */
  kind: string;
  value: string | Buffer;
}

/** None of them holds a line break: they can be the lines of a file for `grep -F`. */
export function secretForms(value: string | Buffer): Buffer[] {
  const whole = Buffer.from(value);
  if (whole.length < windowBytes) throw new Error(`a secret of ${whole.length} bytes is found everywhere`);
  const windows = [whole.subarray(0, windowBytes), whole.subarray(-windowBytes)];
  const texts = windows.flatMap((window) => [...hexForms(window), ...base64Forms(window)]);
  const plain = typeof value === 'string' ? windows.map(String) : [];
  const encoded = [...plain, ...texts].map(encodeURIComponent);
  const raw = windows.flatMap(pieces);
  const all = [...raw, ...[...texts, ...encoded].map((text) => Buffer.from(text))];
  return [...new Map(all.map((form) => [form.toString('latin1'), form])).values()];
}

function hexForms(window: Buffer): string[] {
  const hex = window.toString('hex');
  return [hex, hex.toUpperCase()];
}

/** Where the window begins after 0, 1 or 2 other bytes, only the characters that depend on it alone. */
function base64Forms(window: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), window]).toString('base64');
    const own = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + window.length) * 8) / 6));
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function pieces(window: Buffer): Buffer[] {
  return window
    .toString('latin1')
    .split(/[\n\0]/)
    .filter((piece) => piece.length >= pieceBytes)
    .map((piece) => Buffer.from(piece, 'latin1'));
}
