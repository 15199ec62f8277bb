// The byte stream below SSH: a TCP connection, or a channel of a connection to a jump host.

import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type CodedError, errnoOf, errorText, isCodedError, untilAborted } from '@fairlead/kit';
import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { type SshErrorCode, sshError } from '../ssh-error.ts';
import type { Congestion } from './channel-stream.ts';
import { gatherWrites } from './gather-writes.ts';

export interface Transport extends Congestion {
  readonly stream: Duplex;
  bytesRead(): number;
}

/** Calls `onAttempt` when the name is resolved and the first packet is on its way. The caller closes the socket. */
export async function openTcp(target: SshTarget, signal: AbortSignal, onAttempt: () => void): Promise<Socket> {
  const socket = connect({ host: target.host, port: target.port });
  socket.once('connectionAttempt', onAttempt);
  // Nagle's algorithm together with delayed ACKs costs 40 ms per new connection.
  socket.setNoDelay(true);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', reject);
  using limit = limitAnswer(socket, target);
  try {
    await untilAborted(Promise.race([promise, limit.reached]), signal);
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw signal.reason;
    throw isCodedError(error) ? error : connectError(target, error);
  }
  socket.off('error', reject);
  // The next owner listens for `close`; an error before that must not end the process.
  socket.on('error', () => undefined);
  return socket;
}

/** Starts the host's limit only at the connection attempt: a slow name service does not count. */
function limitAnswer(socket: Socket, target: SshTarget): Disposable & { reached: Promise<never> } {
  const { answerTimeoutMs } = target;
  const { promise: reached, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  if (answerTimeoutMs !== undefined) {
    socket.once('connectionAttempt', () => {
      timer = setTimeout(() => reject(noAnswer(target, `within ${answerTimeoutMs} ms`)), answerTimeoutMs);
    });
  }
  return { reached, [Symbol.dispose]: () => clearTimeout(timer) };
}

export function createTransport(stream: Duplex & { readonly bytesRead: number }): Transport {
  const flush = gatherWrites(stream);
  let waiting: Array<() => void> = [];
  stream.on('drain', () => {
    const callbacks = waiting;
    waiting = [];
    for (const callback of callbacks) callback();
  });
  return {
    stream,
    flush,
    bytesRead: () => stream.bytesRead,
    whenClear(callback) {
      if (stream.writableNeedDrain) waiting.push(callback);
      else callback();
    },
  };
}

function connectError(target: SshTarget, cause: unknown): CodedError<SshErrorCode> {
  const what = `cannot reach ${targetLabel(target)}`;
  const where = `${target.host} port ${target.port}`;
  const errno = errnoOf(cause) ?? 'unknown';
  switch (errno) {
    case 'ENOTFOUND':
      return sshError('dns', `${what} because no address is known for ${target.host}`, {
        hint: 'Check the spelling; some names exist only inside the site or its VPN.',
        cause,
      });
    case 'EAI_AGAIN':
      return sshError('dns', `${what} because the name service does not answer`, { retryable: true, cause });
    case 'ECONNREFUSED':
      return sshError('refused', `${what} because nothing answers at ${where}`, {
        hint: 'Check host and port, and that the SSH server is running.',
        retryable: true,
        cause,
      });
    case 'ETIMEDOUT':
      return noAnswer(target, '', cause);
    default:
      return sshError('unreachable', `${what} because the network says: ${errorText(cause)}`, {
        hint: 'Check the network of this machine and the route to the host.',
        retryable: true,
        cause,
      });
  }
}

function noAnswer(target: SshTarget, limit: string, cause?: unknown): CodedError<SshErrorCode> {
  const where = `${target.host} port ${target.port} does not answer${limit && ` ${limit}`}`;
  return sshError('timeout', `cannot reach ${targetLabel(target)} because ${where}`, {
    hint: 'A firewall may be in the way, or a VPN may be needed.',
    retryable: true,
    cause,
  });
}
