// Connects to unix sockets on the server, and listens on them, through the system's ssh.

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

import { detach, Scope, untilAborted } from '@fairlead/kit';

import type { WaitOptions } from '../connection/ssh-link.ts';
import { dialTimeoutMs, dialError } from '../dial-socket.ts';
import { type Listening, type ListenRequest, refuseLongPath, unlessGone } from '../listen-on-socket.ts';
import { sshError } from '../ssh-error.ts';
import type { Master } from './master.ts';
import { OpenFailure, type ProxyLink } from './mux/proxy-link.ts';
import { string, u32 } from './mux/wire.ts';

export async function dialThroughProxy(link: ProxyLink, socketPath: string, wait: WaitOptions = {}): Promise<Duplex> {
  refuseLongPath(socketPath);
  try {
    return await link.open({
      type: 'direct-streamlocal@openssh.com',
      // Two reserved fields.
      parts: [string(socketPath), string(''), u32(0)],
      closesWhen: 'both-ended',
      what: `connect to ${socketPath}`,
      ...wait,
      timeoutMs: wait.timeoutMs ?? dialTimeoutMs,
    });
  } catch (error) {
    throw error instanceof OpenFailure ? dialError(link, socketPath, error) : error;
  }
}

/** The master listens on the server and forwards each connection to a socket of ours: in proxy mode no channels arrive for a listener. */
export async function listenThroughMaster(
  { link, master }: { link: ProxyLink; master: Pick<Master, 'control' | 'said'> },
  { socketPath, onConnection }: ListenRequest,
  wait: WaitOptions = {},
): Promise<Listening> {
  refuseLongPath(socketPath);
  link.ended.throwIfAborted();
  const scope = new Scope();
  try {
    const dir = await mkdtemp(join(tmpdir(), 'fl-ssh-'));
    scope.defer(() => rm(dir, { recursive: true, force: true }));
    const sockets = new Set<Socket>();
    const forward = { listenPath: socketPath, connectPath: join(dir, 's') };
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      onConnection(socket);
    });
    scope.defer(() => void server.close());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject).listen(forward.connectPath, resolve);
    await promise;
    const refusal = await untilAborted(master.control.listen(forward), wait.signal);
    if (refusal !== undefined) throw listenError({ label: link.label, socketPath }, refusal, await master.said());
    scope.defer(async () => {
      if (!link.ended.aborted) await unlessGone(master.control.stopListening(forward));
    });
    detach(
      link.closed.then((cause) => {
        for (const socket of sockets) socket.destroy(cause);
        return scope[Symbol.asyncDispose]();
      }),
    );
    return { path: socketPath, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw link.ended.aborted ? link.ended.reason : error;
  }
}

function listenError({ label, socketPath }: { label: string; socketPath: string }, refusal: string, said: string) {
  const what = `cannot listen on ${socketPath} on ${label}`;
  if (/disabled streamlocal/i.test(said)) {
    return sshError('forward_forbidden', `${what} because the server forbids socket forwarding`, {
      hint: 'Its operator must allow it for this account: sshd_config AllowStreamLocalForwarding yes (or remote) and DisableForwarding no; the key needs `port-forwarding` in authorized_keys.',
    });
  }
  return sshError('socket_exists', `${what} because the server could not make the socket: ${refusal}`, {
    hint: 'Either the path exists already (sshd never removes a socket, and we do not ask it to replace one), or its directory is missing or not writable; or the server forbids it (sshd_config: AllowStreamLocalForwarding).',
  });
}
