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
  /** u32: all bytes that the sender has received since the preface, mod 2^32. Stream 0. */
  ack: 6,
  /** The first frame of each side: version and limits. Stream 0. */
  hello: 7,
  /** The sender of this takes no more streams; the running ones go on. Stream 0. */
  goaway: 8,
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
