// The consumer's end: greets the front on a new channel and learns whether it speaks the mux.

import type { Duplex } from 'node:stream';

import { anySignal, type Clock, openTimeLimit, untilAborted } from '@fairlead/kit';

import type { MuxLimits } from '../core/mux-core.ts';
import { muxLost } from './mux-lost.ts';
import { MuxSession } from './mux-session.ts';

export interface DialMuxOptions {
  clock: Clock;
  limits?: Partial<MuxLimits>;
  signal?: AbortSignal;
}

export type DialledMux =
  | { ok: true; session: MuxSession }
  /** `plain`: the front takes one request a channel, as those before the mux do. `lost`: a later try may succeed. */
  | { ok: false; reason: 'plain' | 'lost' };

/** A front answers at once; what does not is taken for lost. */
const answerTimeoutMs = 10_000;

/** Takes ownership of the channel. Rejects with the signal's reason only. The caller ends the session. */
export async function dialMux(channel: Duplex, options: DialMuxOptions): Promise<DialledMux> {
  const { clock, limits = {}, signal } = options;
  const session = new MuxSession({ role: 'consumer', channel, clock, limits });
  using limit = openTimeLimit(clock, answerTimeoutMs, () => muxLost('it was not answered'));
  try {
    await untilAborted(session.ready, anySignal(signal, limit.signal));
    return { ok: true, session };
  } catch {
    session.destroy();
    signal?.throwIfAborted();
    return { ok: false, reason: session.isPlain ? 'plain' : 'lost' };
  }
}
