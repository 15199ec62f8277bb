// Opens an SSH connection to a configured host: ssh_config fills in, a person at a terminal is asked about keys and passphrases.

import type { SshRoute } from '@fairlead/protocol';
import { type HostKeyQuestion, openSsh, resolveSshTarget, type SshConnection, type SshTarget } from '@fairlead/tunnel';

import type { Context } from '../context.ts';

export async function openRoute(
  route: SshRoute,
  context: Context,
): Promise<{ connection: SshConnection; target: SshTarget }> {
  const target = await resolveRoute(route, context);
  context.output.busy(`connecting to ${route.host}`);
  const connection = await openSsh(target, { signal: context.signal, log: context.log });
  return { connection, target };
}

export function resolveRoute(route: SshRoute, context: Context): Promise<SshTarget> {
  const { ask } = context;
  return resolveSshTarget(
    { ...route },
    {
      home: context.home,
      env: context.env,
      terminal: context.sshTerminal,
      ...(ask && {
        askPassphrase: (file: string) => ask.secret(`Passphrase for ${file}`),
        askHostKey: ({ host, keyType, fingerprint, keptIn }: HostKeyQuestion) => {
          const kept =
            keptIn === undefined ? '' : ` (ssh_config keeps no keys for it: Fairlead keeps this one in ${keptIn})`;
          const key = `Its ${keyType} key is ${fingerprint}. Is that right?`;
          return ask.confirm(`${host} is not known yet${kept}. ${key}`, false);
        },
      }),
    },
  );
}
