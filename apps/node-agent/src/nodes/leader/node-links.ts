// The leader's ends of the links to the other agents, by rank: who is there, who is silent, and what goes to whom.

import type { TLSSocket } from 'node:tls';
import { type Clock, detach, errorText, type Log, repeatEvery, repeatTurns, withTimeLimit } from '@fairlead/kit';
import { type LeaderMessage, leaderMessage, type NodeMessage, nodeMessage } from '@fairlead/protocol';
import type { JobNodes } from '@fairlead/scheduler';
import { agentError } from '../../agent-error.ts';
import { aliveTicks, silentTicks, tickMs } from '../link/link-times.ts';
import { facingAddresses } from '../link/node-addresses.ts';
import { type NodeChannel, openNodeChannel } from '../link/node-channel.ts';
import type { NodeSecret } from '../link/node-secret.ts';
import { listenForNodes } from './listen-for-nodes.ts';

export interface NodeLinksOptions {
  nodes: JobNodes;
  secret: NodeSecret;
  clock: Clock;
  log: Log;
  onMessage: (rank: number, message: NodeMessage) => void;
  /** Once for each node that was there and is silent. */
  onLost: (rank: number, reason: string) => void;
  /** A second agent of a rank has come and was told to end. */
  onRefused: (message: string) => void;
}

type JoinedMessage = Extract<NodeMessage, { type: 'node.joined' }>;

interface NodeLink {
  channel: NodeChannel<LeaderMessage> | undefined;
  /** Which process it is, as it says. */
  agent: string | undefined;
  host: string;
  /** Of the node, as the last channel has shown it. */
  address: string;
  /** Why the last channel was closed. */
  closed: string | undefined;
  ticks: number;
  isLost: boolean;
}

const relistenMs = 1_000;
const farewellMs = 2_000;

export class NodeLinks implements AsyncDisposable {
  readonly #options: NodeLinksOptions;
  readonly #over = new AbortController();
  readonly #listening = new AbortController();
  readonly #links = new Map<number, NodeLink>();
  #server: Disposable | undefined;
  #tick = 0;

  /** Begins to listen; goes on trying while that fails. */
  constructor(options: NodeLinksOptions) {
    this.#options = options;
    const { clock, log } = options;
    const { signal } = this.#over;
    const until = AbortSignal.any([signal, this.#listening.signal]);
    detach(repeatTurns(() => this.#listen(), { op: 'nodes.listen', clock, log, signal: until }));
    detach(repeatEvery(tickMs, () => this.#onTick(), { op: 'nodes.tick', clock, log, signal }));
  }

  send(rank: number, message: LeaderMessage): void {
    this.#links.get(rank)?.channel?.send(message);
  }

  /** This host's address as another node has reached it. Undefined while none is there. */
  get ownAddress(): string | undefined {
    return [...this.#links.values()].find(({ channel }) => channel)?.channel?.localAddress;
  }

  /** The node that has this address on its way to the leader, also after its connection is gone; 0 for this host's own. */
  rankAt(address: string): number | undefined {
    if (address === this.ownAddress) return 0;
    return [...this.#links].find(([, link]) => link.address === address)?.[0];
  }

  /** Nodes that were there and whose connection is gone, each with the reason. */
  get closed(): Array<{ rank: number; why: string }> {
    return [...this.#links].flatMap(([rank, { channel, closed }]) =>
      channel || closed === undefined ? [] : [{ rank, why: closed }],
    );
  }

  /** Tells all nodes to leave. Resolves when they have hung up, or after some seconds. */
  async leave(): Promise<void> {
    const channels = [...this.#links.values()].flatMap(({ channel }) => channel ?? []);
    for (const channel of channels) channel.send({ type: 'node.leave' });
    const closed = Promise.all(channels.map((channel) => channel.closed));
    await withTimeLimit(closed, farewellMs, () => new Error('a node does not leave')).catch((error: unknown) =>
      this.#options.log.warn({ op: 'nodes.leave', ok: false, error: errorText(error) }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
    this.#over.abort(new Error('the leader has ended'));
    this.#server?.[Symbol.dispose]();
    for (const { channel } of this.#links.values()) channel?.[Symbol.dispose]();
  }

  async #listen(): Promise<number> {
    const { nodes, secret, log } = this.#options;
    const addresses = await facingAddresses(nodes);
    if (addresses.length === 0) throw noWay(nodes.hosts);
    const server = await listenForNodes(addresses, secret, (socket) => this.#accept(socket));
    log.info({ op: 'nodes.listen', addresses, port: server.port }, 'listens for the other nodes');
    this.#server = server;
    if (this.#over.signal.aborted) server[Symbol.dispose]();
    this.#listening.abort(new Error('the leader listens'));
    return relistenMs;
  }

  #accept(socket: TLSSocket): void {
    let rank: number | undefined;
    const channel = openNodeChannel(
      socket,
      { incoming: nodeMessage, outgoing: leaderMessage },
      {
        onMessage: (message) => {
          if (message.type === 'node.joined') rank = this.#join(message, channel);
          if (rank === undefined || this.#links.get(rank)?.channel !== channel) return;
          this.#heard(rank, message);
        },
        onClosed: (why) => this.#closed(rank, channel, why),
      },
    );
  }

  /**
   * Undefined for one that is refused. The newest connection of an agent counts: the one before may be half open. Of two agents of a rank the
   * one that came first stays, until it is silent.
   */
  #join({ rank, host, agent }: JoinedMessage, channel: NodeChannel<LeaderMessage>): number | undefined {
    const { nodes, log } = this.#options;
    if (rank >= nodes.hosts.length) {
      log.error({ op: 'nodes.link', ok: false, rank, host }, 'an agent has a rank that the job does not have');
      channel[Symbol.dispose]();
      return undefined;
    }
    const before = this.#links.get(rank);
    if (before?.channel && before.agent !== agent && before.ticks <= 2 * aliveTicks) {
      this.#refuse(channel, rank, [before, { host, agent }]);
      return undefined;
    }
    before?.channel?.[Symbol.dispose]();
    this.#links.set(rank, {
      channel,
      agent,
      host,
      address: channel.remoteAddress,
      closed: undefined,
      ticks: 0,
      isLost: false,
    });
    return rank;
  }

  #refuse(
    channel: NodeChannel<LeaderMessage>,
    rank: number,
    [first, second]: ReadonlyArray<Pick<JoinedMessage, 'host' | 'agent'>>,
  ): void {
    const name = (one: typeof first) => `${one?.host}, ${one?.agent ?? 'of an unknown process'}`;
    const error = agentError(
      'rank_taken',
      `rank ${rank} has an agent already: ${name(first)}. This one is refused: ${name(second)}`,
    );
    this.#options.log.error({ op: 'nodes.link', ok: false, rank, error }, 'a second agent of a rank is refused');
    channel.finish({ type: 'node.refused', message: error.message });
    this.#options.onRefused(error.message);
  }

  #heard(rank: number, message: NodeMessage): void {
    const link = this.#links.get(rank);
    if (link) link.ticks = 0;
    this.#options.onMessage(rank, message);
  }

  #closed(rank: number | undefined, channel: NodeChannel<LeaderMessage>, why: string): void {
    const link = rank === undefined ? undefined : this.#links.get(rank);
    if (link?.channel !== channel) return;
    link.channel = undefined;
    link.closed = why;
    this.#options.log.warn({ op: 'nodes.link', ok: false, rank, why }, 'the link to a node is closed');
  }

  #onTick(): void {
    this.#tick += 1;
    for (const [rank, link] of this.#links) {
      if (this.#tick % aliveTicks === 0) link.channel?.send({ type: 'leader.alive' });
      link.ticks += 1;
      if (link.ticks >= silentTicks && !link.isLost) this.#lose(rank, link);
    }
  }

  #lose(rank: number, link: NodeLink): void {
    const seconds = `${(silentTicks * tickMs) / 1000} s`;
    const why = link.closed;
    link.isLost = true;
    link.channel?.[Symbol.dispose]();
    link.channel = undefined;
    link.closed ??= 'it was silent';
    this.#options.onLost(
      rank,
      why === undefined
        ? `no word from its agent for ${seconds}, while the connection stayed open`
        : `${why}, and its agent did not come back within ${seconds}`,
    );
  }
}

function noWay([own = '', ...others]: readonly string[]): Error {
  return agentError(
    'nodes_unreachable',
    `cannot listen for the other nodes because ${own} finds no address for their names: ${others.join(', ')}`,
    { hint: 'The names of compute nodes have to be known on compute nodes: ask the site.', retryable: true },
  );
}
