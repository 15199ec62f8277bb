// Two sessions joined in this process, with the streams that the front has taken.

import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';

import { systemClock } from '@fairlead/kit';

import type { MuxLimits } from '../core/mux-core.ts';
import { dialMux } from '../driver/dial-mux.ts';
import { MuxSession } from '../driver/mux-session.ts';
import { preface } from '../wire/frame.ts';

export interface MuxPair extends AsyncDisposable {
  consumer: MuxSession;
  front: MuxSession;
  /** The next stream that the front takes. */
  taken(): Promise<Duplex>;
}

export async function openMuxPair(limits: Partial<MuxLimits> = {}): Promise<MuxPair> {
  const [near, far] = duplexPair();
  const streams: Duplex[] = [];
  let wake = Promise.withResolvers<void>();
  const onStream = (stream: Duplex) => {
    streams.push(stream);
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const fronts = Promise.withResolvers<MuxSession>();
  far.once('data', (bytes: Buffer) => {
    const firstBytes = bytes.subarray(preface.length);
    fronts.resolve(new MuxSession({ role: 'front', channel: far, clock: systemClock, limits, firstBytes, onStream }));
  });
  const dialled = await dialMux(near, { clock: systemClock, limits });
  if (!dialled.ok) throw new Error(`the front is ${dialled.reason}`);
  return {
    consumer: dialled.session,
    front: await fronts.promise,
    async taken() {
      for (;;) {
        const stream = streams.shift();
        if (stream) return stream;
        await wake.promise;
      }
    },
    async [Symbol.asyncDispose]() {
      dialled.session.destroy();
      (await fronts.promise).destroy();
    },
  };
}
