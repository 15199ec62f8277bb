// The second driver behind the same port: a connection through the system's own ssh, with all its ways to log in
// (Kerberos, certificates, security keys, codes at the terminal, shared connections).

import { type Clock, detach, Scope, silentLog, systemClock } from '@fairlead/kit';

import type { OpenSshOptions, SshConnection } from '../connection/ssh-connection.ts';
import { watchLife } from '../connection/watch-life.ts';
import { execCalls } from '../exec-calls.ts';
import type { ExecHost } from '../open-exec.ts';
import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { sshError } from '../ssh-error.ts';
import { ProxyLink } from './mux/proxy-link.ts';
import { openOwnMaster } from './own-master.ts';
import { openProxyExec } from './proxy-exec.ts';
import { dialThroughProxy, listenThroughMaster } from './proxy-sockets.ts';
import { refuseWindows } from './run-ssh.ts';
import { openSharedMaster } from './shared-master.ts';
import type { SystemLogin } from './system-login.ts';

const connectTimeoutMs = 20_000;

export async function openSystemSsh(
  target: SshTarget,
  login: SystemLogin,
  options: OpenSshOptions = {},
): Promise<SshConnection> {
  refuseWindows();
  const { signal, clock = systemClock, log = silentLog, keepaliveMs = 4_000, keepaliveCountMax = 2 } = options;
  const times = { keepaliveMs, keepaliveCountMax, connectTimeoutMs: target.connectTimeoutMs ?? connectTimeoutMs };
  const label = targetLabel(target);
  const scope = new Scope();
  try {
    // A login that tests a key in memory must not use a shared connection.
    const mayShare = !options.isFresh && !target.auth.privateKey;
    const shared = mayShare ? await openSharedMaster(target, login, signal) : undefined;
    const master = scope.use(shared ?? (await openOwnMaster(target, login, { times, signal })));
    const { hostKey } = master;
    const link = new ProxyLink(await master.proxy.proxy(), label, {
      causeOf: () => master.explainLoss(),
      onOpen: () => master.noteChannel(),
    });
    scope.defer(async () => {
      link.end();
      await link.closed;
    });
    // Frees the resources of a lost connection, which the caller need not close.
    detach(link.closed.then(() => scope[Symbol.asyncDispose]()));
    detach(watch(link, { clock, intervalMs: keepaliveMs, countMax: keepaliveCountMax }));
    log.debug({
      op: 'ssh.open',
      ok: true,
      host: label,
      hostKey: hostKey.fingerprint,
      driver: 'ssh',
      because: login.because,
      master: master.kind,
    });
    const host: ExecHost = {
      label,
      clock,
      ended: link.ended,
      exec: (command, wait) => openProxyExec(link, command, wait),
    };
    return {
      label,
      hostKey,
      closed: link.closed,
      ...execCalls(host),
      listen: (socketPath, onConnection, wait) =>
        listenThroughMaster({ link, master }, { socketPath, onConnection }, wait),
      dial: (socketPath, wait) => dialThroughProxy(link, socketPath, wait),
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw signal?.aborted ? signal.reason : error;
  }
}

/**
 * Notices a silent server. ssh itself does that too, but not for a shared connection without ServerAliveInterval. Sends
 * keepalives on one of our channels: the server must answer each, if only that it does not know the request.
 */
async function watch(link: ProxyLink, life: { clock: Clock; intervalMs: number; countMax: number }): Promise<void> {
  let idleTurns = 0;
  const bytesRead = () => {
    if (link.anyChannel) detach(link.anyChannel.request('keepalive@openssh.com'));
    // Without an open channel and a channel being opened, no caller waits for the server.
    else if (!link.isAsking) idleTurns += 1;
    return link.bytesRead + idleTurns;
  };
  if (!(await watchLife({ ...life, bytesRead }, link.ended))) return;
  const silence = (life.intervalMs * (life.countMax + 1)) / 1000;
  link.end(
    sshError('connection_lost', `lost ${link.label} because nothing came from it for ${silence} s`, {
      hint: 'The network between is cut or the host hangs.',
      retryable: true,
    }),
  );
}
