// Recognizes secrets in a configuration by the names of variables and flags: shows them as `***`, refuses them in an engine's arguments. Pure.

import { flagWithValue } from '@fairlead/engines';
import { CodedError, namesSecret } from '@fairlead/kit';

import type { ConfigErrorCode } from './config-error.ts';

/** The same value with `***` for each secret, because users paste the output of `config` into reports. */
export function hideSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      typeof inner === 'string' && namesSecret(name) ? '***' : hideSecrets(inner),
    ]),
  );
}

/** Throws `config_invalid` if an argument would show a secret to every user of the node. `flags`: the flags whose value is a secret; `--hf-token` without a value means the token that is stored on the cluster. */
export function refuseSecretArguments(args: readonly string[], flags: readonly string[]): void {
  const flag = flagWithValue(args, flags);
  if (flag === undefined) return;
  throw new CodedError<ConfigErrorCode>(
    'config_invalid',
    `cannot start the engine with ${flag} because its arguments are readable by every user of the node`,
    {
      hint: flag.includes('api')
        ? 'Leave it out: each deployment has a key of its own, which is checked before the engine.'
        : 'Put the token into a 0600 file on the cluster and name it in tokenFile.',
    },
  );
}
