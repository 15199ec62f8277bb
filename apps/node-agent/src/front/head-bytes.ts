// Which bytes may stand where in a request head (RFC 9110 5.6.2 and 5.5, RFC 9112 3.2), as one table for one look-up a byte.

export const IN_TOKEN = 1;
export const IN_VALUE = 2;
export const IN_PATH = 4;
export const IN_QUERY = 8;
/** `IN_PATH` and `%`. */
export const IN_ESCAPED_PATH = 16;

const TOKEN_MARKS = "!#$%&'*+-.^_`|~";
// pchar and "/" without "%": an encoded path could mean one route to us and another to the engine, which decodes first.
const PATH_MARKS = "/-._~!$&'()*+,;=:@";

export const CLASS_OF_BYTE: Uint8Array = classify();

function classify(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    const text = String.fromCharCode(byte);
    const alphanumeric = /[0-9A-Za-z]/.test(text);
    const visible = byte > 0x20 && byte < 0x7f;
    let classes = 0;
    if (alphanumeric || (visible && TOKEN_MARKS.includes(text))) classes |= IN_TOKEN;
    if (visible || byte === 0x20 || byte === 0x09 || byte >= 0x80) classes |= IN_VALUE;
    if (alphanumeric || (visible && PATH_MARKS.includes(text))) classes |= IN_PATH;
    if ((classes & IN_PATH) !== 0 || text === '%') classes |= IN_ESCAPED_PATH;
    if (visible && text !== '#') classes |= IN_QUERY;
    table[byte] = classes;
  }
  return table;
}

/** Whether every byte of `[start, end)` is of the class. */
export function allOf(bytes: Buffer, start: number, end: number, wanted: number): boolean {
  for (let at = start; at < end; at += 1) if ((CLASS_OF_BYTE[bytes[at]!]! & wanted) === 0) return false;
  return true;
}
