// The consumer's first words on a channel on which it goes on with its session.

import type { Duplex } from 'node:stream';

import { anySignal, type Clock, openTimeLimit, untilAborted } from '@fairlead/kit';

import { preface } from '../wire/frame.ts';
import { readResumeAnswer, type ResumeAnswer } from '../wire/resume.ts';
import { muxLost } from './mux-lost.ts';

/** A front answers at once; what does not is taken for lost, and another channel is tried. */
const answerTimeoutMs = 5_000;

export type FinalAnswer = Exclude<ResumeAnswer, { kind: 'more' }> | { kind: 'lost' };

interface Asking {
  /** The frame. */
  request: Buffer;
  clock: Clock;
  signal: AbortSignal | undefined;
}

/**
 * Calls `onAnswer` once, in the turn in which the answer comes: the channel is then no longer listened to. Resolves behind that. Rejects with
 * the signal's reason only, and has not called `onAnswer` then. Destroys the channel unless the answer is `resumed`.
 */
export async function askToResume(
  channel: Duplex,
  { request, clock, signal }: Asking,
  onAnswer: (answer: FinalAnswer) => void,
): Promise<void> {
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let got = Buffer.alloc(0);
  let isDone = false;
  const settle = (answer: FinalAnswer) => {
    if (isDone) return;
    isDone = true;
    channel.off('data', onData).off('end', onLost).off('close', onLost);
    if (answer.kind !== 'resumed') channel.destroy();
    onAnswer(answer);
    resolve();
  };
  const onLost = () => settle({ kind: 'lost' });
  const onData = (bytes: Buffer) => {
    got = Buffer.concat([got, bytes]);
    const answer = readResumeAnswer(got);
    if (answer.kind !== 'more') settle(answer);
  };
  channel.on('error', onLost).on('data', onData).once('end', onLost).once('close', onLost);
  channel.write(Buffer.concat([preface, request]));
  (channel as { flush?: () => void }).flush?.();
  using limit = openTimeLimit(clock, answerTimeoutMs, () => muxLost('it was not answered'));
  try {
    await untilAborted(done, anySignal(signal, limit.signal));
  } catch {
    isDone ||= signal?.aborted ?? false;
    settle({ kind: 'lost' });
    channel.destroy();
    signal?.throwIfAborted();
  }
}
