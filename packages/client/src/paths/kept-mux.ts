// Keeps one mux to one instance: where its channel is lost under requests, it opens another one at once, and the mux goes on there.

import type { Duplex } from 'node:stream';

import {
  anySignal,
  backoffMs,
  type Clock,
  CodedError,
  detach,
  errorText,
  isCodedError,
  type Log,
  openTimeLimit,
  untilOver,
} from '@fairlead/kit';
import { type MuxSession, refusalText } from '@fairlead/mux';
import type { ClientErrorCode } from '../client-error.ts';
import type { LivePaths, Path, PathEndpoint } from './live-paths.ts';
import { untiring } from './patience.ts';

/** What became of the requests of a mux whose channel was lost. */
export type OutageEvent =
  /** They wait for another one. Once per loss. */
  | { type: 'requests.paused'; requests: number; reason: string }
  /** They go on where they were, so much later. */
  | { type: 'requests.resumed'; requests: number; outageMs: number }
  /** They have failed with `answer_cut`. `reason`: why they could not go on. */
  | { type: 'requests.lost'; requests: number; outageMs: number; reason: string };

export interface KeepDeps<Endpoint extends PathEndpoint> {
  channels: Pick<LivePaths<Endpoint>, 'open'>;
  /** The endpoint that answers now. */
  endpoint: () => Endpoint | undefined;
  /** A channel to this endpoint, which takes no new requests any more. Rejects where nothing answers there. */
  dialFormer?: ((endpoint: Endpoint, signal: AbortSignal) => Promise<Duplex>) | undefined;
  clock: Clock;
  log: Log;
  /** Ends the wait for a channel. */
  signal: AbortSignal;
  onOutage: (event: OutageEvent) => void;
  /** The session goes on there. */
  onMoved: (endpoint: Endpoint) => void;
}

/** As long as a front keeps a session. */
const resumeMs = 30_000;
const pauses = { baseMs: 25, maxMs: 1_000, minMs: 25 };

/** Call it in the turn in which the channel is lost. The session goes on, or ends; one without streams ends. Never throws. */
export function goOn<Endpoint extends PathEndpoint>(
  session: MuxSession,
  endpoint: Endpoint,
  cause: Error,
  deps: KeepDeps<Endpoint>,
): void {
  if (session.streamCount === 0) session.giveUp();
  else detach(reopen(session, endpoint, cause, deps));
}

async function reopen<Endpoint extends PathEndpoint>(
  session: MuxSession,
  former: Endpoint,
  cause: Error,
  deps: KeepDeps<Endpoint>,
): Promise<void> {
  const { clock, log, signal, onOutage } = deps;
  const lostAtMs = clock.monotonicMs();
  const requests = session.streamCount;
  onOutage({ type: 'requests.paused', requests, reason: errorText(cause) });
  using limit = openTimeLimit(clock, resumeMs, () => tooLong());
  const waits = anySignal(signal, limit.signal);
  let failure: unknown;
  for (let attempt = 0; session.isWaiting && failure === undefined; attempt += 1) {
    if (attempt > 0) await untilOver(clock.sleep(backoffMs(pauses, attempt, 0.5), waits), waits);
    failure = await tryOnce(session, former, { ...deps, signal: waits });
  }
  const outageMs = Math.round(clock.monotonicMs() - lostAtMs);
  const isLost = session.isWaiting || session.isOver;
  session.giveUp();
  const reason = session.refusal ? refusalText(session.refusal) : errorText(failure ?? 'it was ended');
  log.debug({ op: 'mux.resume', ok: !isLost, durationMs: outageMs, requests, ...(isLost && { reason }) });
  if (signal.aborted) return;
  if (isLost) onOutage({ type: 'requests.lost', requests, outageMs, reason });
  else onOutage({ type: 'requests.resumed', requests, outageMs });
}

/** Resolves with why no other try can succeed. */
async function tryOnce<Endpoint extends PathEndpoint>(
  session: MuxSession,
  former: Endpoint,
  deps: KeepDeps<Endpoint>,
): Promise<unknown> {
  const { signal, onMoved } = deps;
  try {
    const { channel, endpoint } = await openTo(former, deps);
    if (endpoint.instanceId === former.instanceId) {
      if ((await session.resume(channel, signal)) === 'resumed') onMoved(endpoint);
      return undefined;
    }
    channel.destroy();
    return otherInstance(former.instanceId, endpoint.instanceId);
  } catch (error) {
    if (signal.aborted) return signal.reason;
    return isCodedError(error) && error.retryable ? undefined : error;
  }
}

/** An instance that drains is no longer the one that answers, and still answers what it has. */
async function openTo<Endpoint extends PathEndpoint>(
  former: Endpoint,
  { channels, endpoint, dialFormer, signal, log }: KeepDeps<Endpoint>,
): Promise<Path<Endpoint>> {
  if (dialFormer && endpoint()?.instanceId !== former.instanceId) {
    try {
      return { endpoint: former, channel: await dialFormer(former, signal) };
    } catch (error) {
      signal.throwIfAborted();
      log.debug({ op: 'mux.former', ok: false, instance: former.instanceId, error: errorText(error) });
    }
  }
  return channels.open(signal, untiring);
}

function tooLong(): CodedError<ClientErrorCode> {
  return new CodedError('path_broken', `the deployment could not be reached for ${resumeMs / 1_000} s`, {
    retryable: true,
  });
}

function otherInstance(instanceId: string, next: string): CodedError<ClientErrorCode> {
  return new CodedError('path_broken', `instance ${instanceId} answers no more (${next} does)`, { retryable: true });
}
