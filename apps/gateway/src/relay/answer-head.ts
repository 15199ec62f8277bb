// The head of an instance's answer, and the head that the client gets in its place: the same fields, framed for this connection.

export interface AnswerHead {
  status: number;
  /** `200 OK`, as it came. */
  statusText: string;
  /** Lines without their CRLF, in their order. */
  lines: readonly string[];
  framing: AnswerFraming;
  isEventStream: boolean;
}

/** `close`: the end of the connection ends the body. */
export type AnswerFraming =
  | { kind: 'none' }
  | { kind: 'length'; bytes: number }
  | { kind: 'chunked' }
  | { kind: 'close' };

export type AnswerHeadStep =
  | { kind: 'more' }
  | { kind: 'head'; head: AnswerHead; rest: Buffer }
  | { kind: 'bad'; problem: string };

const headEnd = Buffer.from('\r\n\r\n');
const maxHeadBytes = 64 * 1024;
const statusLine = /^HTTP\/1\.[01] ([1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?)$/;
/** RFC 9110 5.1 and 5.5, without folded lines: a client would refuse what is not of this form. */
const fieldLine = /^[!#$%&'*+.^_`|~\dA-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/;
const lengthLine = /^content-length:/i;
/** Meant for one hop, or put there anew. */
const dropped = /^(?:connection|keep-alive|transfer-encoding|content-length|proxy-[\w-]*|trailer|upgrade):/i;

/** `bytes`: all that has come so far. Interim answers (1xx) are passed over. */
export function readAnswerHead(bytes: Buffer): AnswerHeadStep {
  const end = bytes.indexOf(headEnd);
  if (end === -1) return bytes.length > maxHeadBytes ? bad('its head is too large') : { kind: 'more' };
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const statusText = statusLine.exec(first)?.[1];
  if (statusText === undefined) return bad('it does not begin with a status line of HTTP/1.1');
  if (!lines.every((line) => fieldLine.test(line))) return bad('a line of its head is no field');
  const rest = bytes.subarray(end + headEnd.length);
  const status = Number(statusText.slice(0, 3));
  if (status < 200) return readAnswerHead(rest);
  const framing = framingOf(status, lines);
  if (!framing) return bad('the length of its body is stated in two ways');
  const type = valueOf(lines, 'content-type') ?? '';
  return {
    kind: 'head',
    head: { status, statusText, lines, framing, isEventStream: type.toLowerCase().startsWith('text/event-stream') },
    rest,
  };
}

function framingOf(status: number, lines: readonly string[]): AnswerFraming | undefined {
  if (status === 204 || status === 304) return { kind: 'none' };
  const encoding = valueOf(lines, 'transfer-encoding');
  const length = valueOf(lines, 'content-length');
  if (lines.filter((line) => lengthLine.test(line)).length > 1) return undefined;
  if (encoding !== undefined)
    return encoding.toLowerCase() === 'chunked' && length === undefined ? { kind: 'chunked' } : undefined;
  if (length === undefined) return { kind: 'close' };
  return /^\d{1,15}$/.test(length) ? { kind: 'length', bytes: Number(length) } : undefined;
}

function valueOf(lines: readonly string[], name: string): string | undefined {
  const line = lines.find(
    (one) => one.length > name.length && one[name.length] === ':' && one.slice(0, name.length).toLowerCase() === name,
  );
  return line?.slice(name.length + 1).trim();
}

export interface ClientFraming {
  /** As the body is framed for the client: `close` for HTTP/1.0. */
  framing: AnswerFraming;
  keepAlive: boolean;
  requestId: string;
  /** Further lines. */
  fields: readonly string[];
}

export function renderClientHead(
  { statusText, lines }: AnswerHead,
  { framing, keepAlive, requestId, fields }: ClientFraming,
): Buffer {
  const kept = lines.filter((line) => !dropped.test(line));
  if (framing.kind === 'length') kept.push(`content-length: ${framing.bytes}`);
  if (framing.kind === 'chunked') kept.push('transfer-encoding: chunked');
  kept.push(...fields, `x-fairlead-request-id: ${requestId}`, `connection: ${keepAlive ? 'keep-alive' : 'close'}`);
  return Buffer.from(`HTTP/1.1 ${statusText}\r\n${kept.join('\r\n')}\r\n\r\n`, 'latin1');
}

function bad(problem: string): AnswerHeadStep {
  return { kind: 'bad', problem };
}
