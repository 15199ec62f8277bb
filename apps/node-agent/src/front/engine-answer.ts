// What becomes of the engine's answer on its way to the client. Its body passes as it is.

/** One of these for each request that the engine has. What they return goes to the client. */
export interface EngineAnswer {
  take(piece: Buffer): Buffer | undefined;
  /** The engine has ended its side. */
  end(): Buffer | undefined;
  /** Called when no byte has come from the engine for a while; returns what may be sent in between, if anything. */
  whileQuiet(): Buffer | undefined;
}

const headEnd = Buffer.from('\r\n\r\n');
/** A head that is longer passes as it is. */
const maxHeadBytes = 16 * 1024;
/** nginx and its like hold an answer back until a buffer is full; this tells them not to. */
const unbuffered = Buffer.from('\r\nx-accel-buffering: no', 'latin1');
/** An event of nothing (a comment): clients skip it, and proxies that wait for the next byte see one. */
const keepAliveComment = ': keep-alive\n\n';
const rawComment = Buffer.from(keepAliveComment, 'latin1');
const chunkedComment = Buffer.from(`${keepAliveComment.length.toString(16)}\r\n${keepAliveComment}\r\n`, 'latin1');

/**
 * Passes the answer on. An event stream gets `X-Accel-Buffering: no`, and a comment where the engine is silent between two events, or
 * before the first: proxies give up on a stream after a minute of silence (nginx: `proxy_read_timeout`), and a first token may take longer.
 */
export class PassedAnswer implements EngineAnswer {
  /** What came of the head; undefined once it is complete. */
  #head: Buffer | undefined = Buffer.alloc(0);
  /** A comment of an event stream, in the framing of the response. */
  #comment: Buffer | undefined;
  #isBetweenEvents = false;

  take(piece: Buffer): Buffer | undefined {
    if (this.#head) return this.#takeHead(this.#head.length === 0 ? piece : Buffer.concat([this.#head, piece]));
    if (this.#comment) this.#isBetweenEvents = endsAnEvent(piece, this.#comment);
    return piece;
  }

  end(): Buffer | undefined {
    const rest = this.#head;
    this.#head = undefined;
    return rest && rest.length > 0 ? rest : undefined;
  }

  whileQuiet(): Buffer | undefined {
    return this.#isBetweenEvents ? this.#comment : undefined;
  }

  #takeHead(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf(headEnd);
    if (end === -1 && bytes.length < maxHeadBytes) {
      this.#head = bytes;
      return undefined;
    }
    this.#head = undefined;
    const head = end === -1 ? '' : bytes.toString('latin1', 0, end).toLowerCase();
    if (!head.includes('\r\ncontent-type: text/event-stream')) return bytes;
    this.#comment = commentFor(head);
    const bodyAt = end + headEnd.length;
    this.#isBetweenEvents =
      this.#comment !== undefined && (bytes.length === bodyAt || endsAnEvent(bytes.subarray(bodyAt), this.#comment));
    if (head.includes('\r\nx-accel-buffering:')) return bytes;
    return Buffer.concat([bytes.subarray(0, end), unbuffered, bytes.subarray(end)]);
  }
}

function commentFor(head: string): Buffer | undefined {
  if (head.includes('\r\ncontent-length:') || head.includes('\r\ncontent-encoding:')) return undefined;
  if (!head.includes('\r\ntransfer-encoding:')) return rawComment;
  return head.includes('\r\ntransfer-encoding: chunked') ? chunkedComment : undefined;
}

/** An empty line ends an event; in chunks the CRLF behind a chunk follows. Content has no LF LF CR LF: JSON escapes its line breaks. */
function endsAnEvent(piece: Buffer, comment: Buffer): boolean {
  let at = piece.length;
  if (comment === chunkedComment) {
    if (piece[at - 1] !== 0x0a || piece[at - 2] !== 0x0d) return false;
    at -= 2;
  }
  return piece[at - 1] === 0x0a && piece[at - 2] === 0x0a;
}
