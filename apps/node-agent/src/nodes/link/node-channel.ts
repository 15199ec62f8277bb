// One connection between two agents of a job: TLS with the job's secret as pre-shared key, so that each proves itself to the other
// and the secret never travels; on it, messages as lines of JSON.

import type { Socket } from 'node:net';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { createLineCutter, errorText } from '@fairlead/kit';
import { decodeText, encodeText, type Read, type Schema } from '@fairlead/protocol';

/** Ephemeral keys and authenticated encryption; Node takes pre-shared keys up to TLS 1.2. */
const tlsOptions = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
const identity = 'fairlead-node';
/** A message has the last lines of an engine at most. */
const maxLineChars = 8 * 1024 * 1024;
const handshakeTimeoutMs = 10_000;
/** Agents of a large job that come in the same moment, and some more. */
const maxUnprovenSockets = 256;

export interface ChannelListener<In> {
  onMessage(message: In): void;
  /** Once, when nothing more can come. */
  onClosed(why: string): void;
}

export interface NodeChannel<Out> extends Disposable {
  /** Of this end. */
  readonly localAddress: string;
  /** Of the other end. */
  readonly remoteAddress: string;
  /** Nothing happens once it is closed. */
  send(message: Out): void;
  /** Sends a last message, and hangs up behind it. */
  finish(message: Out): void;
  /** Resolves when nothing more can come. */
  readonly closed: Promise<void>;
}

export interface ChannelSchemas<In extends Schema, Out extends Schema> {
  incoming: In;
  outgoing: Out;
}

/** The server is not listening yet. `onSocket` gets each peer that has proved itself. */
export function createNodeServer(key: Buffer, onSocket: (socket: TLSSocket) => void): Server {
  const server = createServer(
    { ...tlsOptions, pskCallback: () => key, handshakeTimeout: handshakeTimeoutMs },
    onSocket,
  );
  // A stranger, or a peer that is gone: it is no agent of this job.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  limitUnproven(server);
  return server;
}

/** Limits the connections whose peer has not proved itself. The oldest gives way: an agent proves itself within milliseconds. */
function limitUnproven(server: Server): void {
  const unproven = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    unproven.set(peer, socket);
    socket.once('close', () => unproven.delete(peer));
    const [oldest] = unproven.values();
    if (unproven.size > maxUnprovenSockets) oldest?.destroy();
  });
  server.on('secureConnection', (socket) => unproven.delete(peerOf(socket)));
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Resolves when the other side has proved itself. Rejects when it does not, and with the signal's reason; the socket is destroyed then. */
export async function dialNode(
  { host, port, key }: { host: string; port: number; key: Buffer },
  signal: AbortSignal,
): Promise<TLSSocket> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect({
    ...tlsOptions,
    host,
    port,
    pskCallback: () => ({ psk: key, identity }),
    // No certificate takes part: the key proves the other side.
    checkServerIdentity: () => undefined,
  });
  const onAbort = () => socket.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once('secureConnect', () => resolve(socket));
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('it hung up')));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Takes the socket over. A message that cannot be read closes it. */
export function openNodeChannel<In extends Schema, Out extends Schema>(
  socket: TLSSocket,
  { incoming, outgoing }: ChannelSchemas<In, Out>,
  listener: ChannelListener<Read<In>>,
): NodeChannel<Read<Out>> {
  const cutter = createLineCutter();
  const closed = Promise.withResolvers<void>();
  let why = 'its connection has closed';
  const fail = (reason: string) => {
    why = reason;
    socket.destroy();
  };
  socket.setNoDelay(true);
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    for (const line of cutter.write(text)) {
      const decoded = decodeText(incoming, line);
      if (!decoded.ok) return fail(`it sent what is no message: ${decoded.path} ${decoded.message}`);
      listener.onMessage(decoded.value);
    }
    if (cutter.heldChars > maxLineChars) fail('it sent a message without an end');
  });
  socket.on('error', (error: unknown) => (why = `its connection has failed: ${errorText(error)}`));
  socket.on('end', () => socket.destroy());
  socket.once('close', () => {
    closed.resolve();
    listener.onClosed(why);
  });
  return {
    localAddress: plainAddress(socket.localAddress),
    remoteAddress: plainAddress(socket.remoteAddress),
    send(message) {
      if (!socket.destroyed) socket.write(`${encodeText(outgoing, message)}\n`);
    },
    finish(message) {
      if (!socket.destroyed) socket.end(`${encodeText(outgoing, message)}\n`);
    },
    closed: closed.promise,
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** An IPv4 address that an IPv6 socket shows in its own form is written as IPv4. */
function plainAddress(address = ''): string {
  return address.replace(/^::ffff:/, '');
}
