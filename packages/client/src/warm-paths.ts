// Paths that were opened before they are asked for: opening one takes a round trip to the bastion and another to the job, which a
// request then need not wait for. As many as were asked for within the last second, so that a burst finds its like again.

import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';

import { type Clock, detach, errorText, type Log } from '@fairlead/kit';
import type { EndpointView } from '@fairlead/protocol';

import { isSameSocket, type LivePaths, type Path } from './live-paths.ts';

export interface WarmPathsOptions {
  paths: Pick<LivePaths, 'open'>;
  /** The one that answers now: a channel to another may look open for a while. */
  endpoint: () => EndpointView | undefined;
  clock: Clock;
  log: Log;
}

export interface WarmPaths extends Pick<LivePaths, 'open'>, Disposable {}

/** Each is a channel of the SSH connection and a socket on the bastion, which others need too. */
const MOST = 8;
const LATELY_MS = 1_000;
/** Who has asked for none for so long has gone for a coffee. The agent's own patience is longer (`idleMs` of its front). */
const KEPT_MS = 300_000;

export function keepWarm({ paths, endpoint, clock, log }: WarmPathsOptions): WarmPaths {
  const ready: Path[] = [];
  const stop = new AbortController();
  const lately: number[] = [];
  let opening = 0;
  let expiry: NodeJS.Timeout | undefined;

  async function take(): Promise<Path | undefined> {
    for (let path = ready.shift(); path; path = ready.shift()) {
      const isUsable = await isOpen(path.channel);
      const now = endpoint();
      if (isUsable && now && isSameSocket(path.endpoint, now)) return path;
      path.channel.destroy();
    }
    return undefined;
  }

  function noteDemand(): void {
    const nowMs = clock.monotonicMs();
    lately.push(nowMs);
    while (lately.length > MOST || nowMs - (lately[0] ?? nowMs) > LATELY_MS) lately.shift();
    if (expiry) expiry.refresh();
    else expiry = setTimeout(dropAll, KEPT_MS).unref();
  }

  /** In one go when half of them are gone: one packet carries several openings, and most requests meet none on their way. */
  function refill(): void {
    if (ready.length + opening > lately.length / 2) return;
    while (!stop.signal.aborted && ready.length + opening < lately.length) {
      opening += 1;
      detach(openOne());
    }
  }

  /** Never rejects: who asks next opens one for himself, and hears why that fails. */
  async function openOne(): Promise<void> {
    try {
      const path = await paths.open(stop.signal);
      path.channel.once('close', () => forget(path));
      ready.push(path);
    } catch (error) {
      if (!stop.signal.aborted) log.debug({ op: 'warm', ok: false, error: errorText(error) });
    } finally {
      opening -= 1;
    }
  }

  function forget(path: Path): void {
    const at = ready.indexOf(path);
    if (at >= 0) ready.splice(at, 1);
  }

  function dropAll(): void {
    expiry = undefined;
    lately.length = 0;
    for (const { channel } of ready.splice(0)) channel.destroy();
  }

  return {
    async open(signal, patience) {
      signal?.throwIfAborted();
      noteDemand();
      const path = (await take()) ?? (await paths.open(signal, patience));
      // Behind the request that is about to be sent.
      setImmediate(refill);
      return path;
    },
    [Symbol.dispose]() {
      stop.abort(new Error('closed'));
      clearTimeout(expiry);
      dropAll();
    },
  };
}

/** A stream tells its end to a reader alone, in the tick after a read; nobody reads one that is held ready. */
async function isOpen(channel: Duplex): Promise<boolean> {
  channel.read(0);
  await new Promise<void>((resolve) => nextTick(resolve));
  return channel.writable && channel.readable;
}
