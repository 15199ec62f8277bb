// Uses a connection that the user's own ssh shares (ControlMaster, ControlPath in ssh_config), so that the user need not give
// a code or a touch again. Only if that connection has checked the host as strictly as we must.

import { errnoOf, isCodedError, Scope } from '@fairlead/kit';

import type { HostKey } from '../host-key/host-key.ts';
import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { sshError } from '../ssh-error.ts';
import { isOwnSocket } from './beyond-ssh2.ts';
import { filedKeys, pinnedKeys } from './host-key-of.ts';
import type { Master } from './master.ts';
import { openMasterClient } from './mux/master-client.ts';
import type { SystemLogin } from './system-login.ts';

/** Resolves with undefined if there is no shared connection, or none that we may use. The caller disposes the master. */
export async function openSharedMaster(
  target: SshTarget,
  login: SystemLogin,
  signal: AbortSignal | undefined,
): Promise<Master | undefined> {
  const { controlPath } = login.settings;
  if (controlPath === undefined || !(await isOwnSocket(controlPath))) return undefined;
  const hostKey = await vouchedKey(target, login);
  if (!hostKey) return undefined;
  const scope = new Scope();
  try {
    const control = scope.use(await openMasterClient(controlPath, signal));
    const proxy = scope.use(await openMasterClient(controlPath, signal));
    return {
      kind: 'shared',
      hostKey,
      control,
      proxy,
      said: async () => '',
      noteChannel: async () => undefined,
      explainLoss: async () => ended(target),
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    signal?.throwIfAborted();
    // The shared master is gone or hangs: a login of our own follows.
    if (errnoOf(error) === undefined && !isCodedError(error)) throw error;
    return undefined;
  }
}

/**
 * The key by which the user's ssh knows this host. A shared connection does not tell which key it has seen. But ssh
 * accepts only keys in its known_hosts files, unless its configuration switches that off. So these files must have
 * the host; for pinned keys, a pinned one and no other key of its type.
 */
async function vouchedKey(target: SshTarget, login: SystemLogin): Promise<HostKey | undefined> {
  const { settings, knownHostsFile } = login;
  if (!settings.isHostKeyChecked || knownHostsFile !== undefined) return undefined;
  // The caller asks for another address than the one that ssh_config gives the name.
  if (target.host !== settings.hostName || target.port !== settings.port || target.user !== settings.user)
    return undefined;
  const { userKnownHostsFiles, globalKnownHostsFiles } = settings;
  const filed = await filedKeys(target, {
    files: [...userKnownHostsFiles, ...globalKnownHostsFiles],
    alias: settings.hostKeyAlias,
  });
  if (target.hostKeys.kind === 'known-hosts') return filed[0];
  const pinned = pinnedKeys(target.hostKeys.keys);
  const isPinned = (key: HostKey) => pinned.some(({ base64 }) => base64 === key.base64);
  const key = filed.find(isPinned);
  return key && filed.every((other) => other.type !== key.type || isPinned(other)) ? key : undefined;
}

function ended(target: SshTarget) {
  return sshError('connection_lost', `lost ${targetLabel(target)}: the shared connection of your ssh has ended`, {
    hint: 'Try again: without a connection to share, Fairlead logs in itself.',
    retryable: true,
  });
}
