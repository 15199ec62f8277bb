// Opens an SSH connection with the driver that the target names.

import { silentLog, systemClock } from '@fairlead/kit';
import { dialSocket } from '../dial-socket.ts';
import { listenOnSocket } from '../listen-on-socket.ts';
import { type ExecHost, openExec } from '../open-exec.ts';
import { execCalls } from '../exec-calls.ts';
import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { openSystemSsh } from '../system-ssh/open-system-ssh.ts';
import { openLink } from './open-link.ts';
import type { OpenSshOptions, SshConnection } from './ssh-connection.ts';

export async function openSsh(target: SshTarget, options: OpenSshOptions = {}): Promise<SshConnection> {
  if (target.system) return openSystemSsh(target, target.system, options);
  const { signal, clock = systemClock, log = silentLog, keepaliveMs = 4_000, keepaliveCountMax = 2, stages } = options;
  const opened = await openLink(target, { signal, clock, keepaliveMs, keepaliveCountMax, stages });
  const { link, hostKey } = opened;
  const label = targetLabel(target);
  log.debug({ op: 'ssh.open', ok: true, host: label, hostKey: hostKey.fingerprint });
  const host: ExecHost = {
    label,
    clock,
    ended: link.ended,
    exec: (command, wait) => openExec(link, command, wait),
  };
  return {
    label,
    hostKey,
    closed: link.closed,
    ...execCalls(host),
    listen: (socketPath, onConnection, wait) => listenOnSocket(link, { socketPath, onConnection }, wait),
    dial: (socketPath, wait) => dialSocket(link, socketPath, wait),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
