// How the processes of an engine over several nodes meet, and notice or miss each other's end, as vLLM's own backend does on CPU:
// rank 0 listens at one address until all others are there; later only a step of the model shows that a rank is gone.

import { once } from 'node:events';
import { createServer, type Server, type Socket, connect } from 'node:net';
import { errnoOf, systemClock } from '@fairlead/kit';

export interface RankOptions {
  /** `group`: one copy of the model over all nodes. `copies`: each node has copies of its own, and rank 0 shares requests among them. */
  kind: 'group' | 'copies';
  /** Processes of the engine, one on each node. */
  nodes: number;
  rank: number;
  headless: boolean;
  /** `--master-addr` and `--master-port`, or `--data-parallel-address` and `--data-parallel-rpc-port`. */
  host: string;
  port: number;
  timeoutS: number;
}

/** `cause`: Python's words for the failure. */
export type Met<T> = { ok: true; value: T } | { ok: false; cause: string };

export interface PeerListeners {
  /** A peer's connection has closed: the next step fails. */
  onLost: (address: string) => void;
  /** A peer answers no more, or again: steps wait for it. */
  onFrozen: (isFrozen: boolean) => void;
}

const stepIntervalMs = 100;
/** Steps without an answer after which a peer counts as frozen. */
const maxUnanswered = 10;
const dialIntervalMs = 50;

/** Rank 0: resolves when all others have come. Rejects with the signal's reason. The server stays open for the life of the process. */
export async function awaitRanks(
  { nodes, host, port, timeoutS }: RankOptions,
  signal: AbortSignal,
): Promise<Met<readonly Socket[]>> {
  const peers: Socket[] = [];
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    // Its end shows as `close`.
    socket.on('error', () => undefined);
    peers.push(socket);
    if (peers.length === nodes - 1) resolve();
  });
  if (!(await hasListened(server, host, port))) return { ok: false, cause: addressTaken(port) };
  if (nodes === 1) resolve();
  const isLate = await Promise.race([
    complete.then(() => false),
    systemClock.sleep(timeoutS * 1000, signal).then(() => true),
  ]);
  if (!isLate) return { ok: true, value: peers };
  const waited = `Timed out after ${timeoutS + 1} seconds waiting for clients. ${peers.length + 1}/${nodes} clients joined.`;
  return { ok: false, cause: `torch.distributed.DistStoreError: ${waited}` };
}

/** Another rank: resolves when rank 0 has been reached. Rejects with the signal's reason. */
export async function joinRanks(
  { kind, host, port, timeoutS }: RankOptions,
  signal: AbortSignal,
): Promise<Met<Socket>> {
  const began = systemClock.monotonicMs();
  while (systemClock.monotonicMs() - began < timeoutS * 1000) {
    const socket = await dial(host, port);
    if (socket) return { ok: true, value: socket };
    await systemClock.sleep(dialIntervalMs, signal);
  }
  if (kind === 'copies')
    return { ok: false, cause: 'RuntimeError: Did not receive response from front-end process within 5 minutes' };
  const waited = `The client socket has timed out after ${timeoutS * 1000}ms while trying to connect to (${host}, ${port}).`;
  return { ok: false, cause: `torch.distributed.DistNetworkError: ${waited}` };
}

/** Rank 0: watches its peers for the rest of the process's life. */
export function watchPeers(peers: readonly Socket[], { onLost, onFrozen }: PeerListeners): void {
  const unanswered = new Map(peers.map((peer) => [peer, 0]));
  let isFrozen = false;
  for (const peer of peers) {
    const address = `[${peer.remoteAddress}]:${peer.remotePort}`;
    peer.on('data', () => unanswered.set(peer, 0));
    peer.once('close', () => {
      unanswered.delete(peer);
      onLost(address);
    });
  }
  setInterval(() => {
    for (const [peer, count] of unanswered) {
      unanswered.set(peer, count + 1);
      peer.write('.');
    }
    const isNow = [...unanswered.values()].some((count) => count > maxUnanswered);
    if (isNow !== isFrozen) onFrozen(isNow);
    isFrozen = isNow;
  }, stepIntervalMs).unref();
}

/** Another rank: answers rank 0's steps. The end of rank 0 means nothing to it. */
export function answerSteps(leader: Socket): void {
  leader.on('data', (bytes) => leader.write(bytes));
}

async function hasListened(server: Server, host: string, port: number): Promise<boolean> {
  server.listen({ host, port });
  try {
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'EADDRINUSE') throw error;
    return false;
  }
}

function addressTaken(port: number): string {
  return `torch.distributed.DistNetworkError: The server socket has failed to listen on any local network address. port: ${port}, useIpv6: false, code: -98, name: EADDRINUSE, message: address already in use`;
}

async function dial(host: string, port: number): Promise<Socket | undefined> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect');
  } catch {
    // Nothing listens there yet, or there is no way: both end with the time limit.
    return undefined;
  }
  socket.on('error', () => undefined);
  return socket;
}
