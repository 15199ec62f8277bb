// Where a deployment answers now; where it doesn't, why.

import { CodedError } from '@fairlead/kit';
import { pickEndpoint, type ReachableEndpoint } from '@fairlead/protocol';

import { type ClientErrorCode, ControlAnswerError } from '../client-error.ts';
import type { ControlApi } from './control-api.ts';

export async function findEndpoint(
  name: string,
  api: Pick<ControlApi, 'endpoints'>,
  signal: AbortSignal | undefined,
): Promise<ReachableEndpoint> {
  try {
    const endpoint = pickEndpoint(await api.endpoints(name, signal));
    if (endpoint) return endpoint;
  } catch (error) {
    if (!(error instanceof ControlAnswerError)) throw error;
    throw notReady(name, error);
  }
  throw unreachable(name);
}

/** Every endpoint is of a carrier that this version does not know. */
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
