// Opens an SSH connection to a configured host: ssh_config fills in, a person at a terminal is asked about keys and passphrases.

import { defined } from '@fairlead/kit';
import type { SshRoute } from '@fairlead/protocol';
import { openSsh, resolveSshTarget, type SshConnection, type SshTarget } from '@fairlead/ssh';

import type { Run } from '../machine.ts';

export async function openRoute(
  route: SshRoute,
  run: Pick<Run, 'env' | 'home' | 'questions' | 'log' | 'signal' | 'tell'>,
): Promise<{ connection: SshConnection; target: SshTarget }> {
  const target = await resolveRoute(route, run);
  run.tell({ type: 'host.connecting', host: route.host });
  const connection = await openSsh(target, { signal: run.signal, log: run.log });
  return { connection, target };
}

type Login = Pick<Run, 'env' | 'home' | 'questions'>;

export function resolveRoute(route: SshRoute, { env, home, questions }: Login): Promise<SshTarget> {
  const { terminal, askPassphrase, askHostKey } = questions;
  return resolveSshTarget({ ...route }, { home, env, terminal, ...defined({ askPassphrase, askHostKey }) });
}
