// A connection that the user's own ssh holds open for others to share (ControlMaster, ControlPath in ssh_config): a code
// or a touch was given once, and need not be given again. Used only where it is as sure of the host as we have to be.

import { errnoOf, isCodedError, Scope } from '@fairlead/kit';

import type { HostKey } from '../host-key/host-key.ts';
import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { sshError } from '../ssh-error.ts';
import { isOwnSocket } from './beyond-ssh2.ts';
import { filedKeys, pinnedKeys } from './host-key-of.ts';
import type { Master } from './master.ts';
import { openMasterClient } from './mux/master-client.ts';
import type { SystemLogin } from './system-login.ts';

/** Undefined where there is none, or none that may be used. */
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
 * believes those in its known_hosts files alone, unless its configuration switches that off; so these files have to
 * have the host, and where keys are pinned, a pinned one and no other of its kind.
 */
async function vouchedKey(target: SshTarget, login: SystemLogin): Promise<HostKey | undefined> {
  const { settings, knownHostsFile } = login;
  if (!settings.isHostKeyChecked || knownHostsFile !== undefined) return undefined;
  // The caller asked for an address other than the name's.
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
    hint: 'Try again: a login of its own is made where there is none to share.',
    retryable: true,
  });
}
