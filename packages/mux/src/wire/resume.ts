// How a consumer goes on with its session on a new channel: it says how far it has heard the front, and the front answers how far it has
// heard the consumer. Then both send on from there. These frames are no part of the session's bytes.

import { createHmac, timingSafeEqual } from 'node:crypto';

import { encodeFrame, frameTypes, headerBytes } from './frame.ts';
import { sessionIdBytes } from './hello.ts';
import { decodeRefusal, encodeRefusal, maxRefusalBytes, type MuxRefusal } from './refusal.ts';

export interface ResumeRequest {
  sessionId: Buffer;
  /** Higher with each try: an earlier one that arrives late takes nothing away. */
  attempt: number;
  /** Bytes of the session that the consumer has received. */
  heard: number;
  /** Of all that is above, under the endpoint's key: the id alone does not suffice. */
  proof: Buffer;
}

const attemptAt = sessionIdBytes;
const heardAt = attemptAt + 4;
const proofAt = heardAt + 8;
const proofBytes = 32;
const requestBytes = proofAt + proofBytes;
const answerBytes = 8;

export function encodeResume(request: Omit<ResumeRequest, 'proof'>, key: string): Buffer {
  const payload = Buffer.alloc(requestBytes);
  request.sessionId.copy(payload);
  payload.writeUInt32BE(request.attempt, attemptAt);
  payload.writeBigUInt64BE(BigInt(request.heard), heardAt);
  prove(payload.subarray(0, proofAt), key).copy(payload, proofAt);
  return encodeFrame(frameTypes.resume, payload);
}

export function isProven(request: ResumeRequest, key: string): boolean {
  const signed = encodeResume(request, key).subarray(headerBytes + proofAt);
  return timingSafeEqual(signed, request.proof);
}

export function encodeResumed(heard: number): Buffer {
  const payload = Buffer.alloc(answerBytes);
  payload.writeBigUInt64BE(BigInt(heard));
  return encodeFrame(frameTypes.resumed, payload);
}

export function encodeRefused(refusal: MuxRefusal): Buffer {
  return encodeFrame(frameTypes.refused, encodeRefusal(refusal));
}

/** What a channel begins with, after its preface. `rest`: what came behind it. */
export type Opening =
  /** All that came is not enough to tell. */
  | { kind: 'more' }
  /** A new session, or what its frame reader will find wrong. */
  | { kind: 'new' }
  | { kind: 'resume'; request: ResumeRequest; rest: Buffer }
  | { kind: 'invalid' };

export function readOpening(bytes: Buffer): Opening {
  if (bytes.length === 0) return { kind: 'more' };
  if (bytes[0] !== frameTypes.resume) return { kind: 'new' };
  const frame = readFirst(bytes);
  if (frame === 'more') return { kind: 'more' };
  const heard = frame.payload.length === requestBytes ? readPosition(frame.payload, heardAt) : undefined;
  if (heard === undefined) return { kind: 'invalid' };
  const { payload, rest } = frame;
  return {
    kind: 'resume',
    request: {
      sessionId: payload.subarray(0, attemptAt),
      attempt: payload.readUInt32BE(attemptAt),
      heard,
      proof: payload.subarray(proofAt),
    },
    rest,
  };
}

/** What a front answers to RESUME. */
export type ResumeAnswer =
  | { kind: 'more' }
  | { kind: 'resumed'; heard: number; rest: Buffer }
  | { kind: 'refused'; refusal: MuxRefusal }
  | { kind: 'invalid' };

export function readResumeAnswer(bytes: Buffer): ResumeAnswer {
  if (bytes.length === 0) return { kind: 'more' };
  const [type] = bytes;
  if (type !== frameTypes.resumed && type !== frameTypes.refused) return { kind: 'invalid' };
  const frame = readFirst(bytes);
  if (frame === 'more') return { kind: 'more' };
  const { payload, rest } = frame;
  if (type === frameTypes.refused)
    return payload.length === 0 ? { kind: 'invalid' } : { kind: 'refused', refusal: decodeRefusal(payload) };
  const heard = payload.length === answerBytes ? readPosition(payload, 0) : undefined;
  return heard === undefined ? { kind: 'invalid' } : { kind: 'resumed', heard, rest };
}

/** The first frame; one that is too long is taken for a whole one, without a payload. */
function readFirst(bytes: Buffer): 'more' | { payload: Buffer; rest: Buffer } {
  if (bytes.length < headerBytes) return 'more';
  const length = bytes.readUIntBE(1, 3);
  if (length > maxRefusalBytes) return { payload: bytes.subarray(0, 0), rest: bytes };
  const end = headerBytes + length;
  if (bytes.length < end) return 'more';
  return { payload: bytes.subarray(headerBytes, end), rest: bytes.subarray(end) };
}

function readPosition(payload: Buffer, at: number): number | undefined {
  const position = payload.readBigUInt64BE(at);
  return position > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(position);
}

function prove(bytes: Buffer, key: string): Buffer {
  return createHmac('sha256', key).update('fairlead mux resume\n').update(bytes).digest();
}
