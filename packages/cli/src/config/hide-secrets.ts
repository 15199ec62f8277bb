// What a configuration may hold of secrets, by the names of its variables: shown as `***`, refused in an engine's arguments. Pure.

import { CodedError, namesSecret } from '@fairlead/kit';

import type { CliErrorCode } from '../cli-error.ts';

/** The same value, without what its names say is secret. `config` is what people paste into reports. */
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

/** vLLM's flags that are followed by a secret. `--hf-token` alone means the token that is kept on the cluster. */
const SECRET_FLAG = /^--(?:api[-_]key|hf[-_]token)(?:=(.+))?$/;

/** Throws where an argument would show a secret to everybody on the node. */
export function refuseSecretArguments(args: readonly string[]): void {
  for (const [at, word] of args.entries()) {
    const match = SECRET_FLAG.exec(word);
    const value = match?.[1] ?? args[at + 1];
    if (!match || value === undefined || value.startsWith('--')) continue;
    const flag = word.split('=')[0];
    throw new CodedError<CliErrorCode>(
      'config_invalid',
      `cannot start the engine with ${flag} because its arguments are readable by every user of the node`,
      {
        hint: flag?.includes('api')
          ? 'Leave it out: each deployment has a key of its own, which is checked before the engine.'
          : 'Put the token into a 0600 file on the cluster and name it in tokenFile.',
      },
    );
  }
}
