// The WebSocket to one gateway: connected again when it is lost, and told each change of what is published there.

import { once } from 'node:events';
import type { Socket } from 'node:net';

import {
  type Clock,
  connectOwned,
  detach,
  errorText,
  Guard,
  Listeners,
  type Log,
  repeatEvery,
  repeatTurns,
} from '@fairlead/kit';
import {
  decodeText,
  type DeploymentPublished,
  type DeploymentTaken,
  encodeText,
  gatewayMessage,
  type PublicationView,
  type PublisherMessage,
  publisherMessage,
  type PublishTarget,
} from '@fairlead/protocol';
import { WebSocket } from 'ws';

import type { Described } from './describe-published.ts';
import type { GatewayAccount, SocketSharing } from './share-sockets.ts';

export interface GatewayLinkDeps {
  target: PublishTarget;
  /** Those that are published there, as they are now. */
  describe: () => ReadonlyMap<string, Described>;
  /** All sockets that are published to the account of the gateway; undefined while control does not know them all. */
  wantedSockets: () => readonly string[] | undefined;
  sharing: Pick<SocketSharing, 'share' | 'keepOnly'>;
  clock: Clock;
  log: Log;
}

const retry = { baseMs: 250, maxMs: 10_000 };
/** How often the loads of the instances are told. */
const tellMs = 5_000;
/** A gateway that is away for so long has no more access to the sockets until it is back. */
const awayMs = 60_000;
const maxFrameBytes = 1024 * 1024;

export class GatewayLink implements AsyncDisposable {
  readonly #deps: GatewayLinkDeps;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;
  readonly #guard: Guard;
  /** Each change of a view. */
  readonly changed = new Listeners<void>();
  #socket: WebSocket | undefined;
  #account: GatewayAccount | undefined;
  /** While it is not connected. */
  #standing: { state: 'connecting' | 'refused'; problem?: string } = { state: 'connecting' };
  #lostAtMs: number | undefined;
  /** What the gateway was told of each deployment, as text. */
  #told = new Map<string, string>();
  #taken = new Map<string, DeploymentTaken>();
  /** Instances whose sockets cannot be opened. */
  #closed = new Map<string, string>();
  #syncing: Promise<void> | undefined;
  #isDirty = false;

  constructor(deps: GatewayLinkDeps) {
    this.#deps = deps;
    this.#guard = new Guard(deps.log);
    const { clock, log } = deps;
    const { signal } = this.#stop;
    const turn = async () => {
      await this.#hold();
      return retry.baseMs;
    };
    this.#running = Promise.all([
      repeatTurns(turn, { op: 'publish.link', clock, log, signal, retry }),
      repeatEvery(tellMs, async () => this.sync(), { op: 'publish.tell', clock, log, signal }),
    ]);
  }

  /** Resolves when the gateway was told of everything that is so now. Never rejects for a gateway that is away. */
  async sync(): Promise<void> {
    this.#isDirty = true;
    this.#syncing ??= this.#syncAll().finally(() => (this.#syncing = undefined));
    await this.#syncing;
  }

  view(deployment: string): PublicationView {
    const taken = this.#taken.get(deployment);
    const facts = { deployment, gateway: this.#deps.target.socket, names: taken?.names ?? [] };
    const withProblem = (problem: string | undefined) => (problem === undefined ? {} : { problem });
    if (!this.#socket || !taken)
      return { ...facts, instances: 0, state: this.#standing.state, ...withProblem(this.#standing.problem) };
    const described = this.#deps.describe().get(deployment);
    const told = described?.kind === 'known' ? described.message.instances : [];
    const faults = new Map([...this.#closed, ...taken.refused.map((one) => [one.instanceId, one.reason] as const)]);
    const instances = told.filter(({ instanceId }) => !faults.has(instanceId)).length;
    if (instances > 0) return { ...facts, instances, state: 'offered' };
    const problem = told.map(({ instanceId }) => faults.get(instanceId)).find((fault) => fault !== undefined);
    return { ...facts, instances, state: problem === undefined ? 'waiting' : 'refused', ...withProblem(problem) };
  }

  /** Takes the access to the sockets back, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('no longer published'));
    this.#socket?.close(1000, 'no longer published');
    await this.#running;
    await this.#syncing;
    await this.#takeBack();
  }

  /** One connection, until it is lost. */
  async #hold(): Promise<void> {
    const { target, clock } = this.#deps;
    const { signal } = this.#stop;
    try {
      const raw = await connectOwned(target.socket, target.uid, { signal });
      const socket = openWebSocket(raw, target);
      socket.on('unexpected-response', () =>
        this.#refuse('it does not know the token: ask its operator for a new line'),
      );
      socket.on('message', (data: Buffer) => this.#guard.run('publish.message', () => this.#take(String(data))));
      this.#socket = socket;
      const [code, reason] = (await once(socket, 'close', { signal })) as [number, Buffer];
      if (code === 1008) this.#refuse(String(reason));
      else if (code !== 1006) this.#standing = { state: 'connecting', problem: `the gateway has ended: ${code}` };
    } catch (error) {
      if (signal.aborted) return;
      if (this.#standing.state === 'connecting')
        this.#standing = { state: 'connecting', problem: `the gateway is away: ${errorText(error)}` };
      throw error;
    } finally {
      this.#socket?.on('error', () => undefined).terminate();
      this.#socket = undefined;
      this.#told.clear();
      this.#lostAtMs ??= clock.monotonicMs();
      this.changed.emit();
    }
  }

  #refuse(why: string): void {
    this.#standing = { state: 'refused', problem: `the gateway refuses this publisher: ${why}` };
    this.#socket?.terminate();
  }

  #take(text: string): void {
    const decoded = decodeText(gatewayMessage, text);
    if (!decoded.ok) return this.#deps.log.warn({ op: 'publish.message', ok: false, why: decoded.message });
    const message = decoded.value;
    if (message.type === 'publisher.welcome') {
      this.#account = message.account;
      this.#standing = { state: 'connecting' };
      this.#lostAtMs = undefined;
      this.#taken.clear();
      this.#send({ type: 'publisher.hello', deployments: [...this.#deps.describe().keys()] });
      return detach(this.sync());
    }
    this.#taken.set(message.deployment, message);
    for (const { instanceId, reason } of message.refused)
      this.#deps.log.warn({ op: 'publish.refused', ok: false, instance: instanceId, reason });
    this.changed.emit();
  }

  async #syncAll(): Promise<void> {
    while (this.#isDirty) {
      this.#isDirty = false;
      await this.#guard.turn('publish.sync', () => this.#syncOnce());
    }
  }

  async #syncOnce(): Promise<void> {
    const described = this.#deps.describe();
    for (const name of this.#told.keys())
      if ((described.get(name)?.kind ?? 'absent') === 'absent') this.#withdraw(name);
    await this.#takeBack();
    const account = this.#account;
    if (!this.#socket || !account) return;
    this.#closed = new Map();
    for (const [name, one] of described) if (one.kind === 'known') await this.#tell(name, one.message, account);
    this.changed.emit();
  }

  /** All that is no longer published to this account, and everything where its gateway is away for long. */
  async #takeBack(): Promise<void> {
    const { sharing, wantedSockets, target } = this.#deps;
    const isAway = this.#lostAtMs !== undefined && this.#deps.clock.monotonicMs() - this.#lostAtMs >= awayMs;
    if (isAway) this.#account = undefined;
    const wanted = wantedSockets();
    if (isAway) await sharing.keepOnly([], target.uid);
    else if (wanted) await sharing.keepOnly(wanted, target.uid);
  }

  async #tell(name: string, described: DeploymentPublished, account: GatewayAccount): Promise<void> {
    const message: PublisherMessage = { ...described, instances: await this.#opened(described, account) };
    const text = encodeText(publisherMessage, message);
    if (this.#told.get(name) === text) return;
    this.#told.set(name, text);
    this.#send(message);
  }

  async #opened(told: DeploymentPublished, account: GatewayAccount): Promise<DeploymentPublished['instances']> {
    const opened: DeploymentPublished['instances'] = [];
    for (const instance of told.instances) {
      const shared = await this.#deps.sharing.share(instance.socket, account);
      if (shared.ok) opened.push({ ...instance, socket: shared.path });
      else this.#closed.set(instance.instanceId, shared.reason);
    }
    return opened;
  }

  #withdraw(deployment: string): void {
    this.#told.delete(deployment);
    this.#taken.delete(deployment);
    this.#send({ type: 'deployment.withdrawn', deployment });
  }

  #send(message: PublisherMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(encodeText(publisherMessage, message));
  }
}

function openWebSocket(raw: Socket, { token }: PublishTarget): WebSocket {
  const createConnection = () => raw;
  return new WebSocket('ws://gateway/v1/publish', {
    createConnection: createConnection as never,
    headers: { authorization: `Bearer ${token.reveal()}` },
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
  });
}
