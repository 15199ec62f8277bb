// Keeps one mux to one instance: where its channel is lost under requests, it opens another one at once, and the mux goes on there.

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
import type { LivePaths, PathEndpoint } from './live-paths.ts';
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
  { instanceId }: Endpoint,
  cause: Error,
  { channels, clock, log, signal, onOutage, onMoved }: KeepDeps<Endpoint>,
): Promise<void> {
  const lostAtMs = clock.monotonicMs();
  const requests = session.streamCount;
  onOutage({ type: 'requests.paused', requests, reason: errorText(cause) });
  using limit = openTimeLimit(clock, resumeMs, () => tooLong());
  const waits = anySignal(signal, limit.signal);
  let failure: unknown;
  for (let attempt = 0; session.isWaiting && failure === undefined; attempt += 1) {
    if (attempt > 0) await untilOver(clock.sleep(backoffMs(pauses, attempt, 0.5), waits), waits);
    failure = await tryOnce(session, { channels, instanceId, onMoved, signal: waits });
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

interface Try<Endpoint extends PathEndpoint> extends Pick<KeepDeps<Endpoint>, 'onMoved'> {
  channels: Pick<LivePaths<Endpoint>, 'open'>;
  instanceId: string;
  signal: AbortSignal;
}

/** Resolves with why no other try can succeed. */
async function tryOnce<Endpoint extends PathEndpoint>(
  session: MuxSession,
  { channels, instanceId, onMoved, signal }: Try<Endpoint>,
): Promise<unknown> {
  try {
    const { channel, endpoint } = await channels.open(signal, untiring);
    if (endpoint.instanceId === instanceId) {
      if ((await session.resume(channel, signal)) === 'resumed') onMoved(endpoint);
      return undefined;
    }
    channel.destroy();
    return otherInstance(instanceId, endpoint.instanceId);
  } catch (error) {
    if (signal.aborted) return signal.reason;
    return isCodedError(error) && error.retryable ? undefined : error;
  }
}

function tooLong(): CodedError<ClientErrorCode> {
  return new CodedError('path_broken', `the deployment could not be reached for ${resumeMs / 1_000} s`, {
    retryable: true,
  });
}

function otherInstance(instanceId: string, next: string): CodedError<ClientErrorCode> {
  return new CodedError('path_broken', `instance ${instanceId} answers no more (${next} does)`, { retryable: true });
}
