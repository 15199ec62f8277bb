// Why a route failed, and whether because it leads to another host. Pure.

import { CodedError, defined, errorText } from '@fairlead/kit';

import type { SshErrorCode } from '../ssh-error.ts';
import type { RouteFailure } from './route-race.ts';

const otherKeyCodes: readonly string[] = ['host_key_changed', 'host_key_revoked'] satisfies SshErrorCode[];

/** `otherHostCodes`: codes of the caller's own that mean another host, besides those of a host key. */
export function routeFailure(error: unknown, otherHostCodes: readonly string[] = []): RouteFailure {
  const { code, hint } = error instanceof CodedError ? error : { code: 'unknown', hint: undefined };
  const isElsewhere = otherKeyCodes.includes(code) || otherHostCodes.includes(code);
  return { code, message: errorText(error), ...defined({ hint }), ...(isElsewhere && { leadsElsewhere: true }) };
}
