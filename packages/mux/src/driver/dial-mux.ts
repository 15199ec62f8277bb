// The consumer's end: greets the front on a new channel and learns whether it speaks the mux.

import type { Duplex } from 'node:stream';

import { anySignal, type Clock, defined, openTimeLimit, untilAborted } from '@fairlead/kit';

import type { MuxLimits } from '../core/mux-core.ts';
import { muxLost } from './mux-lost.ts';
import { MuxSession, type Resumption } from './mux-session.ts';

export interface DialMuxOptions {
  clock: Clock;
  limits?: Partial<MuxLimits>;
  signal?: AbortSignal;
  /** Absent: the session ends with its channel. */
  resumption?: Pick<Resumption, 'key' | 'onLost'>;
}

export type DialledMux =
  | { ok: true; session: MuxSession }
  /** `plain`: the front takes one request a channel, as those before the mux do. `full`: it takes no more muxes now. `lost`: a later try may succeed. */
  | { ok: false; reason: 'plain' | 'full' | 'lost' };

/** A front answers at once; what does not is taken for lost. */
const answerTimeoutMs = 10_000;

/** Takes ownership of the channel. Rejects with the signal's reason only. The caller ends the session. */
export async function dialMux(channel: Duplex, options: DialMuxOptions): Promise<DialledMux> {
  const { clock, limits = {}, signal, resumption } = options;
  const session = new MuxSession({ role: 'consumer', channel, clock, limits, ...defined({ resumption }) });
  using limit = openTimeLimit(clock, answerTimeoutMs, () => muxLost('it was not answered'));
  try {
    await untilAborted(session.ready, anySignal(signal, limit.signal));
    return session.refusal === undefined ? { ok: true, session } : { ok: false, reason: 'full' };
  } catch {
    session.destroy();
    signal?.throwIfAborted();
    return { ok: false, reason: session.isPlain ? 'plain' : 'lost' };
  }
}
