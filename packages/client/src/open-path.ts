// One new stream to the deployment: waits out the moments in which a tunnel or the SSH connection is being replaced.

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
import type { EndpointView } from '@fairlead/protocol';

import type { BastionLink } from './bastion-link.ts';
import type { ClientErrorCode } from './client-error.ts';
import type { EndpointFollower } from './endpoint-follower.ts';
import type { Path } from './live-paths.ts';
import type { Turns } from './turns.ts';

export interface PathDeps {
  name: string;
  follower: Pick<EndpointFollower, 'current' | 'next' | 'events'>;
  link: Pick<BastionLink, 'connection'>;
  /** Whose turn it is to open a channel. */
  turns: Turns;
  clock: Clock;
  random: () => number;
}

/** How long a request waits for an endpoint where there is none. */
const NEXT_ENDPOINT_LIMIT_MS = 60_000;
/** How long it tries one that does not take it: longer than the lease after which control would say that it is gone. */
const DIAL_LIMIT_MS = 20_000;
const RETRY = { baseMs: 200, maxMs: 1_000, minMs: 50 };

export async function openPath(deps: PathDeps, signal: AbortSignal): Promise<Path> {
  const startedMs = deps.clock.monotonicMs();
  for (let attempt = 0; ; attempt++) {
    const endpoint = await nextEndpoint(deps, signal);
    try {
      const ssh = await untilAborted(deps.link.connection(), signal);
      return { endpoint, channel: await deps.turns.run(() => ssh.dial(endpoint.socket, { signal }), signal) };
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      if (deps.clock.monotonicMs() - startedMs > DIAL_LIMIT_MS) throw pathBroken(error);
    }
    await pause(deps, attempt, signal);
  }
}

/** The socket was replaced a moment ago, or the SSH connection broke under the dial: the next one will do. */
function isPassing(error: unknown): boolean {
  return isCodedError(error, 'dial_refused') || isCodedError(error, 'connection_lost');
}

function pathBroken(cause: unknown): CodedError<ClientErrorCode> {
  return new CodedError(
    'path_broken',
    `cannot reach the agent because nobody answers at its socket on the bastion: ${errorText(cause)}`,
    { hint: 'Its tunnel may be coming back: try again in a few seconds.', retryable: true, cause },
  );
}

async function nextEndpoint({ name, follower }: PathDeps, signal: AbortSignal): Promise<EndpointView> {
  if (follower.current) return follower.current;
  return withTimeLimit(follower.next(signal), NEXT_ENDPOINT_LIMIT_MS, () => noEndpoint(name));
}

function noEndpoint(name: string): CodedError<ClientErrorCode> {
  return new CodedError('endpoint_not_ready', `${name} has had no endpoint for ${NEXT_ENDPOINT_LIMIT_MS / 1000} s`, {
    hint: `See \`fairlead status ${name}\`.`,
    retryable: true,
  });
}

/** Shorter where the follower has news. */
async function pause({ clock, follower, random }: PathDeps, attempt: number, signal: AbortSignal): Promise<void> {
  const news = new AbortController();
  const remove = follower.events.add(() => news.abort());
  try {
    await clock.sleep(backoffMs(RETRY, attempt, random()), anySignal(signal, news.signal));
  } catch (error) {
    signal.throwIfAborted();
    if (!news.signal.aborted) throw error;
  } finally {
    remove();
  }
}
