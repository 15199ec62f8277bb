// The first frame of each side: what it speaks and what it accepts. A later version may append fields: a reader ignores them, and takes
// those that an earlier version does not send for absent.

import { maxCredit } from './max-credit.ts';

export const muxVersion = 1;

export interface Hello {
  /** The highest version that the sender speaks. */
  version: number;
  /** Streams that the sender accepts at a time. */
  maxStreams: number;
  /** Bytes of a new stream that the sender accepts before its first WINDOW. */
  windowBytes: number;
  /** Whether the sender goes on with a session after its channel was lost. Absent: it does not. */
  canResume?: boolean;
  /** Of a front that can resume: what the consumer names the session by. */
  sessionId?: Buffer;
}

const helloBytes = 10;
const featuresEnd = helloBytes + 4;
export const sessionIdBytes = 32;
export const maxHelloBytes = 256;
const smallestWindow = 4 * 1024;
const resumes = 1;

export function encodeHello({ version, maxStreams, windowBytes, canResume = false, sessionId }: Hello): Buffer {
  const payload = Buffer.alloc(featuresEnd);
  payload.writeUInt16BE(version, 0);
  payload.writeUInt32BE(maxStreams, 2);
  payload.writeUInt32BE(windowBytes, 6);
  payload.writeUInt32BE(canResume ? resumes : 0, helloBytes);
  return sessionId ? Buffer.concat([payload, sessionId]) : payload;
}

/** Undefined where this is no hello that a side of any version sends. */
export function decodeHello(payload: Buffer): Hello | undefined {
  if (payload.length < helloBytes) return undefined;
  const version = payload.readUInt16BE(0);
  const windowBytes = payload.readUInt32BE(6);
  if (version < 1 || windowBytes < smallestWindow || windowBytes > maxCredit) return undefined;
  const hello = { version, maxStreams: payload.readUInt32BE(2), windowBytes };
  const features = payload.length < featuresEnd ? 0 : payload.readUInt32BE(helloBytes);
  if ((features & resumes) === 0) return hello;
  const sessionId = Buffer.from(payload.subarray(featuresEnd, featuresEnd + sessionIdBytes));
  return { ...hello, canResume: true, ...(sessionId.length === sessionIdBytes && { sessionId }) };
}
