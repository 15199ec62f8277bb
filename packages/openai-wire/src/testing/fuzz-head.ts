// Random requests by seed, for the fuzzing lane and the front's own tests: near enough to valid to get far.

/** Deterministic: the same seed gives the same bytes. Some heads are valid, and some never end. Most present `key`. */
export function fuzzHead(seed: number, key = 'key'): Buffer {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  /** The first of the list, four times in five. */
  const usual = <T>(list: readonly T[]): T => (random() < 0.8 ? list[0]! : pick(list));
  const lines = [`${usual(methods)} ${usual(targets)} ${usual(versions)}`, 'Host: a'];
  if (random() < 0.9) lines.push(`x-api-key: ${key}`);
  for (let count = Math.floor(random() * 4); count > 0; count -= 1) {
    lines.push(random() < 0.7 ? pick(saneFields) : `${pick(names)}${usual(colons)}${pick(values)}`);
  }
  let text = lines.map((line) => line + (random() < 0.98 ? '\r\n' : pick(lineEnds))).join('');
  text += random() < 0.95 ? '\r\n' : pick(lineEnds);
  const bytes = Buffer.from(text + pick(bodies), 'latin1');
  for (let flips = random() < 0.7 ? 0 : Math.floor(random() * 4); flips > 0; flips -= 1) {
    bytes[Math.floor(random() * bytes.length)] = random() < 0.5 ? pick(nastyBytes) : Math.floor(random() * 256);
  }
  return bytes;
}

/** Uniform in [0, 1), by mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `bytes` in pieces of random sizes, empty ones among them. */
export function fuzzSplit(bytes: Buffer, random: () => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = Math.floor(random() * random() * 40);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const methods = ['POST', 'GET', 'HEAD', 'OPTIONS', 'post', 'G=T', '', 'PO ST'];
const targets = [
  '/v1/chat/completions',
  '/v1/chat/completions?a=b&c=%2F',
  '/v1/models',
  '/v1//models',
  '/v1/models/org/name',
  '/v1/models/org%2Fname',
  '/v1/models/%2e%2e/invocations',
  '/v1/models/..%2f..%2finvocations',
  '/v1/v1/chat/completions',
  '/v1/../invocations',
  '/v1/%6dodels',
  'http://a/v1/models',
  '*',
  '/v1/models#x',
  '/v1\\models',
];
const versions = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ', ''];
const saneFields = [
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Connection: close',
  'Connection: keep-alive, x-mine',
  'X-Mine: caf\xe9',
  'Accept: */*',
  'Content-Type: application/json',
];
const names = [
  'Content-Length',
  'content-length',
  'Transfer-Encoding',
  'Connection',
  'Authorization',
  'x-api-key',
  'Host',
  'Expect',
  'X-Long-Name-Of-No-Meaning',
  ' folded',
  'Bad Name',
  'Proxy-Connection',
  '',
];
const colons = [': ', ':', ' : ', ':\t', ''];
const values = [
  '5',
  '0',
  '-1',
  '5, 5',
  '0x5',
  '+5',
  'chunked',
  'Chunked',
  'gzip, chunked',
  'xchunked',
  'close',
  'keep-alive, x-api-key',
  'Bearer key',
  'bearer  key ',
  '100-continue',
  'caf\xe9',
  '',
  'a\x00b',
  'a\rb',
  'a\r\n b',
];
const lineEnds = ['\n', '\r', '\r\r\n', '\n\r', ''];
const bodies = ['', 'hello', '5\r\nhello\r\n0\r\n\r\n', 'GET /invocations HTTP/1.1\r\nHost: a\r\n\r\n'];
const nastyBytes = [0x00, 0x09, 0x0a, 0x0d, 0x20, 0x25, 0x3a, 0x2f, 0x5c, 0x7f, 0x80, 0xff];
