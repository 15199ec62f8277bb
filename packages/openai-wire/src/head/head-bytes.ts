// Which bytes may stand where in a request head (RFC 9110 5.6.2 and 5.5, RFC 9112 3.2), as one table for one look-up a byte.

export const inToken = 1;
export const inValue = 2;
export const inPath = 4;
export const inQuery = 8;
/** `inPath` and `%`. */
export const inEscapedPath = 16;

const tokenMarks = "!#$%&'*+-.^_`|~";
// pchar and "/" without "%": an encoded path could mean one route to us and another to the engine, which decodes first.
const pathMarks = "/-._~!$&'()*+,;=:@";

export const classOfByte: Uint8Array = classify();

function classify(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    const text = String.fromCharCode(byte);
    const alphanumeric = /[0-9A-Za-z]/.test(text);
    const visible = byte > 0x20 && byte < 0x7f;
    let classes = 0;
    if (alphanumeric || (visible && tokenMarks.includes(text))) classes |= inToken;
    if (visible || byte === 0x20 || byte === 0x09 || byte >= 0x80) classes |= inValue;
    if (alphanumeric || (visible && pathMarks.includes(text))) classes |= inPath;
    if ((classes & inPath) !== 0 || text === '%') classes |= inEscapedPath;
    if (visible && text !== '#') classes |= inQuery;
    table[byte] = classes;
  }
  return table;
}

/** Whether every byte of `[start, end)` is of the class. */
export function allOf(bytes: Buffer, start: number, end: number, wanted: number): boolean {
  for (let at = start; at < end; at += 1) if ((classOfByte[bytes[at]!]! & wanted) === 0) return false;
  return true;
}
