// The frame: type u8 | length of the payload u24 | stream u32 | payload, all big-endian. The consumer's first bytes are the preface.

/** No HTTP request begins like this: a method is followed by a space. A front that does not know it answers 400. */
export const preface = Buffer.from('FLMUX1\r\n', 'latin1');

export const frameTypes = {
  /** Starts a stream, only by the consumer; the payload is its first bytes. */
  open: 1,
  data: 2,
  /** The sender writes no more to this stream. */
  end: 3,
  /** The sender neither writes nor reads this stream any more. */
  reset: 4,
  /** u32: as many more bytes of this stream may be sent. */
  window: 5,
  /** u32: all bytes of the session that the sender has received, mod 2^32. Stream 0. */
  ack: 6,
  /** The first frame of each side: version and limits. Stream 0. */
  hello: 7,
  /** The sender of this takes no more streams; the running ones go on. Stream 0. */
  goaway: 8,
  /** The sender has ended the session: it is not resumed. Only to a peer that resumes sessions. Stream 0. */
  close: 9,
  /** The first frame of a channel on which a consumer goes on with its session. */
  resume: 10,
  /** The answer to it: the bytes of both sides follow. */
  resumed: 11,
  /** The other answer, or what follows GOAWAY where a front takes no mux: why. Stream 0. */
  refused: 12,
} as const;

export type FrameType = (typeof frameTypes)[keyof typeof frameTypes];

export const headerBytes = 8;
/** What an SSH packet carries (RFC 4253 6.1): a larger write leaves as two. */
export const muxPacketBytes = 32 * 1024;
/** Of OPEN and DATA. */
export const maxPayloadBytes = muxPacketBytes - headerBytes;

export function writeHeader(
  into: Buffer,
  at: number,
  frame: { type: FrameType; stream: number; length: number },
): void {
  const { type, stream, length } = frame;
  into[at] = type;
  into[at + 1] = length >>> 16;
  into[at + 2] = length >>> 8;
  into[at + 3] = length;
  into[at + 4] = stream >>> 24;
  into[at + 5] = stream >>> 16;
  into[at + 6] = stream >>> 8;
  into[at + 7] = stream;
}

export function encodeFrame(type: FrameType, payload: Buffer): Buffer {
  const frame = Buffer.alloc(headerBytes + payload.length);
  writeHeader(frame, 0, { type, stream: 0, length: payload.length });
  payload.copy(frame, headerBytes);
  return frame;
}
