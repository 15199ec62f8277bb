// From a token to the principal that holds it.

import type { Secret } from '@fairlead/kit';

import type { Principal } from '../domain/principal.ts';
import type { OwnerTokens } from './owner-tokens.ts';

export interface Principals {
  /** Undefined where no principal holds the token. Throws `tokens_unreadable` where that cannot be told. */
  identify(token: Secret): Principal | undefined;
  /** Whether the principal's token still is valid. Throws as `identify` does. */
  isValid(principal: Principal): boolean;
}

export function createPrincipals(owners: Pick<OwnerTokens, 'check' | 'isValid'>): Principals {
  return {
    identify(token) {
      const tokenHash = owners.check(token);
      return tokenHash === undefined ? undefined : { kind: 'owner', tokenHash };
    },
    isValid: (principal) => principal.kind === 'owner' && owners.isValid(principal.tokenHash),
  };
}
