// One login as every command makes it, and which of its steps was the last: name, port, host key, login.

import { type CodedError, isCodedError, type Scope } from '@fairlead/kit';
import type { SshRoute } from '@fairlead/protocol';
import { openSsh, type RouteTaken, type SshConnection, type SshErrorCode, type SshTarget } from '@fairlead/ssh';

import type { Context } from '../../context.ts';
import { openRoutes } from '../../ssh/open-routes.ts';

export type LoginStep = 'name' | 'port' | 'host-key' | 'login';
export const loginSteps: readonly LoginStep[] = ['name', 'port', 'host-key', 'login'];

export type Attempt =
  | { ok: true; target: SshTarget; connection: SshConnection; taken?: RouteTaken }
  | { ok: false; failedAt: LoginStep; error: CodedError };

const stepByCode: Partial<Record<SshErrorCode, LoginStep>> = {
  dns: 'name',
  ssh_config_invalid: 'name',
  refused: 'port',
  unreachable: 'port',
  no_route: 'port',
  timeout: 'port',
  connection_lost: 'port',
  protocol: 'port',
  host_key_unknown: 'host-key',
  host_key_changed: 'host-key',
  host_key_revoked: 'host-key',
};

/** The step at which a login ended, by the tunnel's error code. */
export function stepOf(code: string): LoginStep {
  return stepByCode[code as SshErrorCode] ?? 'login';
}

/** Rejects only when the command is interrupted. */
export function tryLogin(
  resolve: () => Promise<SshTarget>,
  { context, scope }: { context: Context; scope: Scope },
): Promise<Attempt> {
  return attempt(context, async () => {
    const target = await resolve();
    const connection = scope.use(await openSsh(target, { signal: context.signal, log: context.log }));
    return { ok: true, target, connection };
  });
}

/** By the first route that serves, as every command goes. */
export function tryRoutes(
  routes: () => Promise<{ list: readonly SshRoute[]; pinned: readonly string[] | undefined }>,
  { context, scope }: { context: Context; scope: Scope },
): Promise<Attempt> {
  return attempt(context, async () => {
    const { list, pinned } = await routes();
    const { connection, target, taken } = await openRoutes(list, context, { pinned });
    scope.use(connection);
    return { ok: true, target, connection, taken };
  });
}

async function attempt(context: Context, open: () => Promise<Attempt>): Promise<Attempt> {
  try {
    return await open();
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isCodedError(error)) throw error;
    return { ok: false, failedAt: stepOf(error.code), error };
  }
}
