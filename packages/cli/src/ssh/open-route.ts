// Opens an SSH connection to a configured host: ssh_config fills in, a person at a terminal is asked about keys and passphrases.

import type { SshRoute } from '@fairlead/protocol';
import { openSsh, resolveSshTarget, type SshConnection, type SshTarget } from '@fairlead/tunnel';

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
        askHostKey: (question: { host: string; port: number; keyType: string; fingerprint: string }) =>
          ask.confirm(
            `${question.host} is not known yet. Its ${question.keyType} key is ${question.fingerprint}. Is that right?`,
            false,
          ),
      }),
    },
  );
}
