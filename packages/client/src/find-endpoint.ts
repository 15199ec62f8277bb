// Where a deployment answers now; where it doesn't, why, with the names that may have been meant.

import { CodedError } from '@fairlead/kit';
import type { EndpointView } from '@fairlead/protocol';

import { type ClientErrorCode, ControlAnswerError } from './client-error.ts';
import type { ControlApi } from './control-api.ts';
import { nearestNames } from './nearest-names.ts';

export async function findEndpoint(
  name: string,
  api: Pick<ControlApi, 'endpoint' | 'listDeployments'>,
  signal: AbortSignal | undefined,
): Promise<EndpointView> {
  try {
    return await api.endpoint(name, signal);
  } catch (error) {
    if (!(error instanceof ControlAnswerError)) throw error;
    if (error.wireCode === 'not_found') {
      const known = await api.listDeployments({}, signal);
      throw unknownDeployment(
        name,
        known.map((deployment) => deployment.name),
        error,
      );
    }
    throw notReady(name, error);
  }
}

export function unknownDeployment(
  name: string,
  known: readonly string[],
  cause?: unknown,
): CodedError<ClientErrorCode> {
  const near = nearestNames(name, known);
  const found = known.length === 0 ? 'there are none' : `there are ${known.slice(0, 8).join(', ')}`;
  return new CodedError(
    'deployment_unknown',
    `cannot connect to ${name} because no deployment is called that: ${found}${known.length > 8 ? ', …' : ''}`,
    {
      hint:
        near.length > 0
          ? `Did you mean ${near.join(' or ')}?`
          : 'See `fairlead list`; start one with `fairlead deploy`.',
      cause,
    },
  );
}

function notReady(name: string, error: ControlAnswerError): CodedError<ClientErrorCode> {
  if (error.status !== 503 && error.status !== 409) throw error;
  return new CodedError('endpoint_not_ready', `cannot connect to ${name} because ${error.message}`, {
    hint: error.hint ?? `See \`fairlead status ${name}\`.`,
    retryable: true,
    cause: error,
  });
}
