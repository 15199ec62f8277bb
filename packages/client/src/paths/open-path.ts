// One new stream to the deployment: waits out the moments in which a tunnel or the SSH connection is being replaced.

import { type Reach, reachEndpoint } from '@fairlead/carrier';
import {
  anySignal,
  backoffMs,
  type Clock,
  CodedError,
  errorText,
  isCodedError,
  untilAborted,
  withTimeLimit,
} from '@fairlead/kit';
import type { EndpointAddress, ReachableEndpoint } from '@fairlead/protocol';

import type { ClientErrorCode } from '../client-error.ts';
import type { EndpointFollower } from './endpoint-follower.ts';
import type { Path } from './live-paths.ts';
import { patient, type Patience } from './patience.ts';
import type { Turns } from './turns.ts';

export interface PathDeps {
  name: string;
  follower: Pick<EndpointFollower, 'current' | 'next' | 'events'>;
  carrier: Reach;
  /** Limits how many channels are being opened. */
  turns: Turns;
  clock: Clock;
  random: () => number;
}

const retry = { baseMs: 200, maxMs: 1_000, minMs: 50 };
const quickRetry = { baseMs: 50, maxMs: 200, minMs: 20 };

/**
 * Resolves with a path that the caller closes. Throws `endpoint_not_ready` or `path_broken` when `patience` is over, what needs a person at
 * once, and the signal's reason. Never limits a dial that is under way: on a slow network that is no outage.
 */
export async function openPath(deps: PathDeps, signal: AbortSignal, patience: Patience = patient): Promise<Path> {
  const startedMs = deps.clock.monotonicMs();
  for (let attempt = 0; ; attempt++) {
    const endpoint = await nextEndpoint(deps, signal, patience);
    try {
      const { address } = endpoint;
      await waitUntilReady(deps, address, { signal, patience });
      const open = () => reachEndpoint(deps.carrier, endpoint, { signal });
      return { endpoint, channel: await deps.turns.run(open, signal) };
    } catch (error) {
      signal.throwIfAborted();
      if (!mayDialAgain(error)) throw error;
      if (deps.clock.monotonicMs() - startedMs > patience.dialMs) throw pathBroken(error);
    }
    await pause(deps, backoffMs(patience === patient ? retry : quickRetry, attempt, deps.random()), signal);
  }
}

/** The endpoint was replaced a moment ago, or the SSH connection broke during the dial: the next try can succeed. */
function mayDialAgain(error: unknown): boolean {
  return isCodedError(error, 'dial_refused') || isCodedError(error, 'connection_lost');
}

function pathBroken(cause: unknown): CodedError<ClientErrorCode> {
  return new CodedError(
    'path_broken',
    `cannot reach the agent because nothing answers where it is offered: ${errorText(cause)}`,
    { hint: 'Its tunnel may be coming back: try again in a few seconds.', retryable: true, cause },
  );
}

async function nextEndpoint(
  { name, follower }: PathDeps,
  signal: AbortSignal,
  { endpointMs }: Patience,
): Promise<ReachableEndpoint> {
  if (follower.current) return follower.current;
  const stop = new AbortController();
  try {
    const next = follower.next(AbortSignal.any([signal, stop.signal]));
    return await withTimeLimit(next, endpointMs, () => noEndpoint(name, endpointMs));
  } finally {
    stop.abort();
  }
}

async function waitUntilReady(
  { name, carrier }: PathDeps,
  address: EndpointAddress,
  { signal, patience: { connectionMs } }: { signal: AbortSignal; patience: Patience },
): Promise<void> {
  const ready = untilAborted(carrier.ready(address), signal);
  await (connectionMs === undefined ? ready : withTimeLimit(ready, connectionMs, () => noConnection(name)));
}

function noEndpoint(name: string, waitedMs: number): CodedError<ClientErrorCode> {
  const message =
    waitedMs < 1_000
      ? `cannot reach ${name} because it has no endpoint now`
      : `${name} has had no endpoint for ${waitedMs / 1000} s`;
  return new CodedError('endpoint_not_ready', message, { hint: `See \`fairlead status ${name}\`.`, retryable: true });
}

function noConnection(name: string): CodedError<ClientErrorCode> {
  return new CodedError(
    'path_broken',
    `cannot reach ${name} because the SSH connection to the bastion was lost and is being opened again`,
    { hint: 'Try again in a few seconds; `fairlead doctor` checks each step of the way.', retryable: true },
  );
}

/** Ends early where the follower has news. */
async function pause({ clock, follower }: PathDeps, ms: number, signal: AbortSignal): Promise<void> {
  const news = new AbortController();
  const remove = follower.events.add(() => news.abort());
  try {
    await clock.sleep(ms, anySignal(signal, news.signal));
  } catch (error) {
    signal.throwIfAborted();
    if (!news.signal.aborted) throw error;
  } finally {
    remove();
  }
}
