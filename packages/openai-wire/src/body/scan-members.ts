// Finds members of the JSON object that a request's body is, by their bytes, without parsing the rest: a body may hold megabytes of images.
// Names that stand twice are refused: two parsers may take different ones. Whether the values are valid JSON is for the engine to judge.

/** Where a value lies in the body. */
export interface ValueRange {
  start: number;
  end: number;
}

export type ScannedMembers =
  | {
      ok: true;
      members: ReadonlyMap<string, ValueRange>;
      /** Of the brace that ends the object. */
      closing: number;
      isEmpty: boolean;
    }
  | { ok: false; problem: string };

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const cutShort = 'it ends before its last brace';
const notJson = 'it is no JSON object';

export function scanMembers(body: Buffer, wanted: ReadonlySet<string>): ScannedMembers {
  const members = new Map<string, ValueRange>();
  let at = skipBlank(body, 0);
  if (body[at] !== openBrace) return no(notJson);
  at = skipBlank(body, at + 1);
  if (body[at] === closeBrace) return ended(body, at, members, true);
  for (;;) {
    if (body[at] !== quote) return no(at >= body.length ? cutShort : notJson);
    const nameEnd = endOfString(body, at);
    if (nameEnd === -1) return no(cutShort);
    const name = nameOf(body, at, nameEnd);
    if (name === undefined) return no(notJson);
    at = skipBlank(body, nameEnd);
    if (body[at] !== colon) return no(at >= body.length ? cutShort : notJson);
    const start = skipBlank(body, at + 1);
    const end = endOfValue(body, start);
    if (end === -1) return no(cutShort);
    if (end === start) return no(notJson);
    if (wanted.has(name)) {
      if (members.has(name)) return no(`it has ${JSON.stringify(name)} twice`);
      members.set(name, { start, end });
    }
    at = skipBlank(body, end);
    if (body[at] === closeBrace) return ended(body, at, members, false);
    if (body[at] !== comma) return no(at >= body.length ? cutShort : notJson);
    at = skipBlank(body, at + 1);
  }
}

function ended(
  body: Buffer,
  closing: number,
  members: ReadonlyMap<string, ValueRange>,
  isEmpty: boolean,
): ScannedMembers {
  if (skipBlank(body, closing + 1) !== body.length) return no('something follows its last brace');
  return { ok: true, members, closing, isEmpty };
}

function skipBlank(body: Buffer, from: number): number {
  let at = from;
  for (; at < body.length; at += 1) {
    const byte = body[at]!;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

/** After the closing quote of the string that begins at `from`; -1 where there is none. */
function endOfString(body: Buffer, from: number): number {
  for (let at = body.indexOf(quote, from + 1); at !== -1; at = body.indexOf(quote, at + 1)) {
    let before = at - 1;
    while (body[before] === backslash) before -= 1;
    // An even number of backslashes escape each other.
    if ((at - before) % 2 === 1) return at + 1;
  }
  return -1;
}

/** -1 where it has no end. */
function endOfValue(body: Buffer, from: number): number {
  if (body[from] === quote) return endOfString(body, from);
  if (body[from] !== openBrace && body[from] !== openBracket) return endOfWord(body, from);
  let depth = 0;
  for (let at = from; at < body.length; at += 1) {
    const byte = body[at]!;
    if (byte === quote) {
      const end = endOfString(body, at);
      if (end === -1) return -1;
      at = end - 1;
    } else if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** A number, true, false or null. */
function endOfWord(body: Buffer, from: number): number {
  let at = from;
  for (; at < body.length; at += 1) {
    const byte = body[at]!;
    const isWord =
      (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || '+-.E'.includes(String.fromCharCode(byte));
    if (!isWord) break;
  }
  return at;
}

/** Undefined where its escapes cannot be read. */
function nameOf(body: Buffer, start: number, end: number): string | undefined {
  const text = body.toString('utf8', start, end);
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function no(problem: string): ScannedMembers {
  return { ok: false, problem };
}
