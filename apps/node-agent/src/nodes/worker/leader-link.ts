// The worker's end of the link to the leader: finds it, says who it is, comes back after a loss, and tells when the leader is gone.

import {
  type Clock,
  detach,
  errorText,
  type Log,
  openTimeLimit,
  anySignal,
  repeatEvery,
  untilOver,
} from '@fairlead/kit';
import { type LeaderMessage, leaderMessage, type NodeMessage, nodeMessage } from '@fairlead/protocol';
import type { JobNodes } from '@fairlead/scheduler';
import { aliveTicks, awayTicks, silentTicks, tickMs } from '../link/link-times.ts';
import { leaderAddresses } from '../link/node-addresses.ts';
import { dialNode, type NodeChannel, openNodeChannel } from '../link/node-channel.ts';
import type { NodeSecret } from '../link/node-secret.ts';

export interface LeaderLinkOptions {
  nodes: JobNodes;
  secret: NodeSecret;
  /** How long the leader may take to come first. */
  joinLimitMs: number;
  clock: Clock;
  log: Log;
  /** The first message of each connection. */
  joined: () => Extract<NodeMessage, { type: 'node.joined' }>;
  /** The answer to the leader's sign of life. */
  report: () => NodeMessage;
  onOrder: (order: LeaderMessage) => void;
  /** One sentence each time the link comes up or is lost. */
  onLinked: (linked: boolean, why: string) => void;
  /** The leader has been away for too long. Called once. */
  onLost: (why: string) => void;
}

const dialTimeoutMs = 2_000;
const redialMs = 200;

export class LeaderLink implements Disposable {
  readonly #options: LeaderLinkOptions;
  readonly #over = new AbortController();
  #channel: NodeChannel<NodeMessage> | undefined;
  #hasJoined = false;
  #isLost = false;
  #silent = 0;
  #away = 0;
  #attempt = 0;
  /** The signal by which the job ends. */
  #ending: string | undefined;
  #lastFailure = 'it was never reached';

  constructor(options: LeaderLinkOptions) {
    this.#options = options;
    const { clock, log } = options;
    const { signal } = this.#over;
    detach(this.#keep());
    detach(repeatEvery(tickMs, () => this.#onTick(), { op: 'leader.tick', clock, log, signal }));
  }

  /**
   * The job is ending: a leader that is alive gives the orders, and one that has missed a sign of life counts as gone. `why`: the signal
   * that came.
   */
  expectEnd(why: string): void {
    this.#ending ??= why;
    this.#judgeEnd();
  }

  /** This host's address on the way to the leader. */
  get ownAddress(): string | undefined {
    return this.#channel?.localAddress;
  }

  /** Lost while the leader is away: the next connection begins with the whole state. */
  send(message: NodeMessage): void {
    this.#channel?.send(message);
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('the worker has ended'));
    this.#channel?.[Symbol.dispose]();
  }

  async #keep(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#over;
    while (!signal.aborted) {
      const channel = await this.#dial();
      if (channel) await channel.closed;
      await untilOver(clock.sleep(redialMs, signal), signal);
    }
  }

  /** Undefined where the leader was not reached; it is tried at another address or port next. */
  async #dial(): Promise<NodeChannel<NodeMessage> | undefined> {
    const { nodes, secret, clock, log } = this.#options;
    const addresses = await leaderAddresses(nodes.hosts[0] ?? '', nodes.launchAddress);
    const [host, port] = this.#nextPlace(addresses, secret.ports);
    using limit = openTimeLimit(clock, dialTimeoutMs);
    try {
      if (host === undefined) throw new Error(`the name ${nodes.hosts[0]} has no address`);
      const socket = await dialNode({ host, port, key: secret.key }, anySignal(limit.signal, this.#over.signal));
      return this.#open(socket, `${host}:${port}`);
    } catch (error) {
      this.#lastFailure = `${host}:${port}: ${errorText(error)}`;
      log.debug({ op: 'leader.dial', ok: false, host, port, error: errorText(error) });
      return undefined;
    }
  }

  /** The first port is tried every second time: the others are taken only where that was not free. */
  #nextPlace(addresses: readonly string[], ports: readonly number[]): [host: string | undefined, port: number] {
    const at = this.#attempt++;
    const turn = Math.floor(at / Math.max(1, addresses.length));
    const other = 1 + (Math.floor(turn / 2) % Math.max(1, ports.length - 1));
    const port = (turn % 2 === 0 ? ports[0] : ports[other]) ?? ports[0] ?? 0;
    return [addresses[at % Math.max(1, addresses.length)], port];
  }

  #open(socket: Parameters<typeof openNodeChannel>[0], where: string): NodeChannel<NodeMessage> {
    const { joined, report, onOrder, onLinked } = this.#options;
    const channel = openNodeChannel(
      socket,
      { incoming: leaderMessage, outgoing: nodeMessage },
      {
        onMessage: (message) => {
          this.#silent = 0;
          // An answer, so that the leader also misses it where only the way to the worker is cut.
          if (message.type === 'leader.alive') channel.send(report());
          onOrder(message);
        },
        onClosed: (why) => {
          this.#lastFailure = why;
          if (this.#channel === channel) this.#channel = undefined;
          if (!this.#over.signal.aborted) onLinked(false, why);
        },
      },
    );
    this.#channel = channel;
    this.#hasJoined = true;
    this.#silent = 0;
    this.#away = 0;
    this.#attempt = 0;
    channel.send(joined());
    onLinked(true, where);
    return channel;
  }

  #onTick(): void {
    const { joinLimitMs } = this.#options;
    if (this.#channel) {
      this.#silent += 1;
      if (this.#silent >= silentTicks) this.#channel[Symbol.dispose]();
      return this.#judgeEnd();
    }
    this.#away += 1;
    this.#judgeEnd();
    const limit = this.#hasJoined ? awayTicks - silentTicks : joinLimitMs / tickMs;
    if (this.#away >= limit)
      this.#lose(`no way to the leader for ${Math.round((limit * tickMs) / 1000)} s (${this.#lastFailure})`);
  }

  #judgeEnd(): void {
    const isThere = this.#channel !== undefined && this.#silent <= aliveTicks;
    if (this.#ending !== undefined && !isThere) this.#lose(`no sign of the leader, and ${this.#ending} came`);
  }

  #lose(why: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#options.onLost(why);
  }
}
