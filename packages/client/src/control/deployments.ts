// The deployments of this machine's bastion: the list, and each change to it as it happens.

import { backoffMs, errorText, systemClock, systemRandom } from '@fairlead/kit';
import type { WatchMessage } from '@fairlead/protocol';

import { type Deployment, describeDeployment } from './deployment.ts';
import { isPassing } from './is-passing.ts';
import { openSession, type SessionOptions } from './open-session.ts';

export interface ListOptions extends SessionOptions {
  /** Also those that have ended. */
  all?: boolean;
  signal?: AbortSignal;
}

/** Opens a connection of its own and closes it. */
export async function list(options: ListOptions = {}): Promise<Deployment[]> {
  options.signal?.throwIfAborted();
  await using session = await openSession(options);
  const views = await session.api.listDeployments({ all: options.all ?? false }, options.signal);
  return views.map(describeDeployment);
}

export interface WatchOptions extends SessionOptions {
  signal?: AbortSignal;
}

export type DeploymentsEvent =
  /** All deployments: at first, after an outage, and when control says that changes were missed. Replaces what came before. */
  | { type: 'deployments.listed'; deployments: Deployment[] }
  /** All of one deployment, which may be new or have ended. */
  | { type: 'deployment.changed'; deployment: Deployment }
  /** Once per outage. The watch connects again, and a list follows. */
  | { type: 'control.lost'; reason: string };

const retry = { baseMs: 250, maxMs: 10_000, minMs: 100 };

/**
 * Runs until the loop is left or the signal fires, whose reason it throws. Throws where the first connection fails. Connects
 * again after a loss, except where only a person can help (a refused login, another host key): then it throws too.
 */
export async function* watch(options: WatchOptions = {}): AsyncGenerator<DeploymentsEvent, void, undefined> {
  const { clock = systemClock } = options;
  options.signal?.throwIfAborted();
  await using session = await openSession(options);
  const left = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, left.signal]) : left.signal;
  let hasListed = false;
  try {
    for (let failures = 0; ; failures++) {
      try {
        for await (const message of session.watch(signal)) {
          failures = 0;
          const event = eventOf(message);
          hasListed ||= event?.type === 'deployments.listed';
          if (event) yield event;
        }
      } catch (error) {
        if (signal.aborted || !hasListed || !isPassing(error)) throw error;
        if (failures === 0) yield { type: 'control.lost', reason: errorText(error) };
      }
      await clock.sleep(backoffMs(retry, failures, systemRandom()), signal);
    }
  } finally {
    left.abort(new Error('the loop was left'));
  }
}

/** A snapshot follows each resync. This watch asks for no other kinds. */
function eventOf(message: WatchMessage): DeploymentsEvent | undefined {
  if (message.type === 'snapshot')
    return { type: 'deployments.listed', deployments: message.deployments.map(describeDeployment) };
  if (message.type === 'deployment.changed')
    return { type: 'deployment.changed', deployment: describeDeployment(message.deployment) };
  return undefined;
}
