// The builtin server's forwarding of unix sockets in both directions, as far as the key's policy allows it.

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { isAbsolute } from 'node:path';
import { detach, errnoOf } from '@fairlead/kit';
import type { AcceptConnection, Connection, RejectConnection, ServerChannel } from 'ssh2';
import { ChannelStream, type Congestion } from '../../connection/channel-stream.ts';
import { joinStreams } from '../../join-streams.ts';
import type { KeyPolicy } from './key-policy.ts';

export interface ForwardContext {
  policy: () => KeyPolicy | undefined;
  congestion: Congestion;
}

export function serveForwards(connection: Connection, context: ForwardContext): Disposable {
  const listeners = new Map<string, Server>();
  connection.on('openssh.streamlocal', (accept, reject, { socketPath }) => {
    if (context.policy()?.mayDial && isAbsolute(socketPath)) detach(dial(socketPath, { accept, reject }, context));
    else reject();
  });
  const onRequest = (
    accept: (() => void) | undefined,
    reject: (() => void) | undefined,
    name: string,
    { socketPath }: { socketPath: string },
  ): void => {
    const cancelled = name.startsWith('cancel-') ? listeners.get(socketPath) : undefined;
    if (cancelled) {
      listeners.delete(socketPath);
      cancelled.close();
      accept?.();
    } else if (name === 'streamlocal-forward@openssh.com' && context.policy()?.mayListen && isAbsolute(socketPath)) {
      const onServer = (server: Server) => {
        listeners.set(socketPath, server);
        accept?.();
      };
      detach(listen(connection, socketPath, context).then(onServer, (error) => rejectUnlessBug(error, reject)));
    } else reject?.();
  };
  connection.on('request', (accept, reject, name, info) => {
    if ('bindPort' in info) reject?.();
    else onRequest(accept, reject, name, info);
  });
  return {
    [Symbol.dispose]() {
      for (const server of listeners.values()) server.close();
      listeners.clear();
    },
  };
}

async function listen(connection: Connection, socketPath: string, { congestion }: ForwardContext): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connection.openssh_forwardOutStreamLocal(socketPath, (error, channel) => {
      if (error || !channel) socket.destroy();
      else detach(joinStreams(socket, new ChannelStream(channel, congestion)));
    });
  });
  const ready = once(server, 'listening');
  // listen() creates the socket with its final mode, so that no other user can open it before a chmod.
  const umask = process.umask(0o177);
  try {
    server.listen(socketPath);
  } finally {
    process.umask(umask);
  }
  await ready;
  return server;
}

async function dial(
  socketPath: string,
  answer: { accept: AcceptConnection<ServerChannel>; reject: RejectConnection },
  { congestion }: ForwardContext,
): Promise<void> {
  const socket: Socket = connect({ path: socketPath, allowHalfOpen: true });
  try {
    await once(socket, 'connect');
  } catch (error) {
    rejectUnlessBug(error, answer.reject);
    return;
  }
  await joinStreams(socket, new ChannelStream(answer.accept(), congestion));
}

/** Refuses the client's request for an error of the system; throws any other error. */
function rejectUnlessBug(error: unknown, reject: (() => void) | undefined): void {
  if (errnoOf(error) === undefined) throw error;
  reject?.();
}
