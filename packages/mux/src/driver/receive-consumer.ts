// The front's end of a channel until it is known what its consumer wants: a new session, or to go on with one.

import type { Duplex } from 'node:stream';

import { callLater, type Clock } from '@fairlead/kit';

import { encodeFrame, frameTypes } from '../wire/frame.ts';
import { encodeHello, muxVersion } from '../wire/hello.ts';
import type { MuxRefusal } from '../wire/refusal.ts';
import { encodeRefused, readOpening, type ResumeRequest } from '../wire/resume.ts';

export interface ConsumerListener {
  /** `bytes`: what came of the session. The listener owns the channel. */
  onNew(bytes: Buffer): void;
  /** The same. `rest`: what came behind the request. */
  onResume(request: ResumeRequest, rest: Buffer): void;
}

const openingTimeoutMs = 10_000;
const refusalTimeoutMs = 1_000;

/** `firstBytes`: what came after the preface. Destroys a channel that does not say within 10 s what it is. Aborting destroys it at once. */
export function receiveConsumer(
  channel: Duplex,
  { firstBytes, clock, signal }: { firstBytes: Buffer; clock: Clock; signal: AbortSignal },
  listener: ConsumerListener,
): void {
  let got = firstBytes;
  const over = new AbortController();
  const leave = () => {
    over.abort();
    signal.removeEventListener('abort', drop);
    channel.off('data', onData).off('end', drop).off('close', leave);
  };
  const drop = () => {
    leave();
    channel.destroy();
  };
  const judge = (): boolean => {
    const opening = readOpening(got);
    if (opening.kind === 'more') return false;
    leave();
    if (opening.kind === 'new') listener.onNew(got);
    else if (opening.kind === 'resume') listener.onResume(opening.request, opening.rest);
    else channel.destroy();
    return true;
  };
  const onData = (bytes: Buffer) => {
    got = Buffer.concat([got, bytes]);
    judge();
  };
  if (judge()) return;
  channel.on('error', ignore).on('data', onData).once('end', drop).once('close', leave);
  signal.addEventListener('abort', drop);
  callLater(drop, { clock, afterMs: openingTimeoutMs, signal: over.signal });
}

/** Says why, and ends the channel: to one that asked to go on. */
export function refuseResume(channel: Duplex, refusal: MuxRefusal, clock: Clock): void {
  endWith(channel, encodeRefused(refusal), clock);
}

/** The same to one that asked for a new session: one of before this frame has heard by GOAWAY that it gets no streams. */
export function refuseMux(channel: Duplex, refusal: MuxRefusal, clock: Clock): void {
  const hello = encodeHello({ version: muxVersion, maxStreams: 0, windowBytes: 64 * 1024 });
  const frames = [
    encodeFrame(frameTypes.hello, hello),
    encodeFrame(frameTypes.goaway, Buffer.alloc(0)),
    encodeRefused(refusal),
  ];
  endWith(channel, Buffer.concat(frames), clock);
}

function endWith(channel: Duplex, bytes: Buffer, clock: Clock): void {
  const closed = new AbortController();
  channel.on('error', ignore).once('close', () => closed.abort());
  callLater(() => channel.destroy(), { clock, afterMs: refusalTimeoutMs, signal: closed.signal });
  // What it still sends is not read: the channel must not wait for that.
  channel.resume();
  channel.end(bytes, () => channel.destroy());
}

const ignore = () => undefined;
