// The error for a name that no deployment has, with the names that the caller may have meant.

import { CodedError, nearestNames } from '@fairlead/kit';

import type { ClientErrorCode } from '../client-error.ts';

const shown = 8;

export function unknownDeployment(
  name: string,
  known: readonly string[],
  cause?: unknown,
): CodedError<ClientErrorCode> {
  const near = nearestNames(name, known);
  const found = known.length === 0 ? 'none' : known.slice(0, shown).join(', ') + (known.length > shown ? ', …' : '');
  return new CodedError(
    'deployment_unknown',
    `cannot find ${/^[\w.-]+$/.test(name) ? name : JSON.stringify(name)} because no deployment is called that: found ${found}`,
    {
      hint:
        near.length > 0
          ? `Did you mean ${near.join(' or ')}?`
          : 'See `fairlead list`; start one with `fairlead deploy`.',
      cause,
    },
  );
}
