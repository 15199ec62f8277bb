// Where a deployment answers now; where it doesn't, why.

import { CodedError } from '@fairlead/kit';
import type { EndpointView } from '@fairlead/protocol';

import { type ClientErrorCode, ControlAnswerError } from './client-error.ts';
import type { ControlApi } from './control-api.ts';

export async function findEndpoint(
  name: string,
  api: Pick<ControlApi, 'endpoint'>,
  signal: AbortSignal | undefined,
): Promise<EndpointView> {
  try {
    return await api.endpoint(name, signal);
  } catch (error) {
    if (!(error instanceof ControlAnswerError)) throw error;
    throw notReady(name, error);
  }
}

function notReady(name: string, error: ControlAnswerError): CodedError<ClientErrorCode> {
  if (error.status !== 503 && error.status !== 409) throw error;
  return new CodedError('endpoint_not_ready', `cannot connect to ${name} because ${error.message}`, {
    hint: error.hint ?? `See \`fairlead status ${name}\`.`,
    retryable: true,
    cause: error,
  });
}
