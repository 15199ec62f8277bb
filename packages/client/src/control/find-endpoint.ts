// Where a deployment answers now, or the error that says why it does not.

import { carrierKinds } from '@fairlead/carrier';
import { CodedError } from '@fairlead/kit';
import { type EndpointView, pickEndpoint, type ReachableEndpoint } from '@fairlead/protocol';

import { type ClientErrorCode, ControlAnswerError } from '../client-error.ts';
import type { ControlApi } from './control-api.ts';

/** Throws `endpoint_not_ready` where no endpoint can be reached, `deployment_unknown`, and what control's API throws. */
export async function findEndpoint(
  name: string,
  api: Pick<ControlApi, 'endpoints'>,
  signal: AbortSignal | undefined,
): Promise<ReachableEndpoint> {
  try {
    const endpoint = pickReachable(await api.endpoints(name, signal));
    if (endpoint) return endpoint;
  } catch (error) {
    if (!(error instanceof ControlAnswerError)) throw error;
    throw notReady(name, error);
  }
  throw unreachable(name);
}

/** The endpoint that takes the next requests, among those that this program can reach. */
export function pickReachable(endpoints: readonly EndpointView[], inUse?: EndpointView): ReachableEndpoint | undefined {
  return pickEndpoint(endpoints, { kinds: carrierKinds.map(({ kind }) => kind), inUse });
}

/** For a deployment whose endpoints are all of carriers that this version does not have. */
export function unreachable(name: string): CodedError<ClientErrorCode> {
  return new CodedError('endpoint_not_ready', `cannot connect to ${name} because ${unknownCarrier}`, {
    hint: 'Upgrade this program.',
  });
}

export const unknownCarrier = 'it answers only in ways that this version does not know';

function notReady(name: string, error: ControlAnswerError): CodedError<ClientErrorCode> {
  if (error.status !== 503 && error.status !== 409) throw error;
  return new CodedError('endpoint_not_ready', `cannot connect to ${name} because ${error.message}`, {
    hint: error.hint ?? `See \`fairlead status ${name}\`.`,
    retryable: true,
    cause: error,
  });
}
