// The first frame of each side: what it speaks and what it accepts. A later version may append fields: a reader ignores them.

export const muxVersion = 1;

export interface Hello {
  /** The highest version that the sender speaks. */
  version: number;
  /** Streams that the sender accepts at a time. */
  maxStreams: number;
  /** Bytes of a new stream that the sender accepts before its first WINDOW. */
  windowBytes: number;
}

const helloBytes = 10;
export const maxHelloBytes = 256;
const smallestWindow = 4 * 1024;

export function encodeHello({ version, maxStreams, windowBytes }: Hello): Buffer {
  const payload = Buffer.alloc(helloBytes);
  payload.writeUInt16BE(version, 0);
  payload.writeUInt32BE(maxStreams, 2);
  payload.writeUInt32BE(windowBytes, 6);
  return payload;
}

/** Undefined where this is no hello that a side of any version sends. */
export function decodeHello(payload: Buffer): Hello | undefined {
  if (payload.length < helloBytes) return undefined;
  const version = payload.readUInt16BE(0);
  const windowBytes = payload.readUInt32BE(6);
  if (version < 1 || windowBytes < smallestWindow) return undefined;
  return { version, maxStreams: payload.readUInt32BE(2), windowBytes };
}
