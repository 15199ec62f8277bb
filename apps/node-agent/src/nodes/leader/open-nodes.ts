// Performs what roster.ts decides: the leader's view of the other nodes of its job, and the engine's parts on them.

import type { EngineNode } from '@fairlead/engines';
import { type Clock, defined, detach, errorText, type Log, untilAborted } from '@fairlead/kit';
import type { InstanceSpec, NodeFigures, NodeMessage, NodeProgress, PartReport } from '@fairlead/protocol';
import type { JobIdentity, JobNodes } from '@fairlead/scheduler';
import { findFreePort } from '../../engine/find-free-port.ts';
import { NamedTimers } from '../../supervisor/named-timers.ts';
import { listAddresses } from '../../engine/list-interfaces.ts';
import { interfaceOf } from '../link/node-addresses.ts';
import { deriveNodeSecret } from '../link/node-secret.ts';
import { nameNode, rosterPolicy, rosterTransition } from '../roster/roster.ts';
import {
  firstRoster,
  type Roster,
  type RosterEffect,
  type RosterEvent,
  type RosterNode,
} from '../roster/roster-state.ts';
import { pressureNote } from '../../memory/watch-pressure.ts';
import type { PartFailure } from './first-cause.ts';
import { PartFailures } from './part-failures.ts';
import { NodeAnswers } from './node-answers.ts';
import { NodeLinks } from './node-links.ts';
import { versionsDiffer } from './versions-differ.ts';

export interface LeaderNodesOptions {
  spec: InstanceSpec;
  job: JobIdentity;
  nodes: JobNodes;
  clock: Clock;
  log: Log;
  onChange: () => void;
  onNote: (note: { kind: string; message: string }) => void;
  /** Nodes did not come, or come back: the engine cannot run. `hosts`: the nodes that are to blame. */
  onMissing: (missing: { message: string; hint: string; hosts: readonly string[] }) => void;
  /** Of the engine that is installed on this node. Undefined where that is not known. */
  ownVersion: () => string | undefined;
  /** Default: asks this host for a free port of one of its addresses. */
  findPort?: (address: string) => Promise<number>;
}

/** What the leader starts its own part with, and what tells of the parts on other nodes. */
export interface Gathered {
  node: EngineNode;
  /** Calls the listener for each part on another node that fails before the end is ordered, also for those that have failed already. */
  onFailed: (listener: (failed: PartFailure) => void) => void;
  /** Resolves with processes of other nodes that do not die. */
  stuck: Promise<number[]>;
}

interface Run {
  gathered: PromiseWithResolvers<Gathered>;
  failures: PartFailures;
  stuck: PromiseWithResolvers<number[]>;
}

export interface SeenNode extends RosterNode {
  gpus: readonly string[];
  /** How far the start of its part is. */
  progress?: NodeProgress | undefined;
  pressure?: string | undefined;
  engineVersion?: string | undefined;
}

export interface MeasuredNode {
  rank: number;
  host: string;
  /** Undefined where it did not answer in time. */
  figures: NodeFigures | undefined;
}

/** What a node says of itself besides the state of its part. */
type Told = Pick<SeenNode, 'gpus' | 'progress' | 'pressure' | 'engineVersion'>;

/** How long a node that hangs may take to save what its part shows. */
const reportLimitMs = 5_000;
/** Of the figures: a scrape waits for them. */
const measureLimitMs = 2_500;

/** Whose interfaces a failure between nodes may name. */
const maxToldNodes = 16;
/** How long the end of the engine waits for a node whose connection is gone. */
const closedLimitMs = 2_000;

type Meeting = { address: string; port: number };

export class LeaderNodes implements AsyncDisposable {
  readonly #options: LeaderNodesOptions;
  readonly #links: NodeLinks;
  readonly #timers: NamedTimers<'gathering' | 'ending'>;
  readonly #told = new Map<number, Told>();
  readonly #measuring: NodeAnswers<NodeFigures>;
  readonly #reporting: NodeAnswers<string>;
  readonly #hosts = new Map<number, string>();
  readonly #interfaces = new Map<number, readonly string[]>();
  #roster: Roster;
  #run: Run | undefined;
  #meeting: Meeting | undefined;
  #gone = Promise.withResolvers<void>();
  /** Orders go out one after the other: a start waits for its port. */
  #orders: Promise<void> = Promise.resolve();

  constructor(options: LeaderNodesOptions) {
    const { spec, job, nodes, clock, log } = options;
    this.#options = options;
    this.#roster = firstRoster(nodes.hosts);
    this.#timers = new NamedTimers(clock);
    this.#measuring = new NodeAnswers(clock, measureLimitMs);
    this.#reporting = new NodeAnswers(clock, reportLimitMs);
    this.#links = new NodeLinks({
      nodes,
      secret: deriveNodeSecret(spec, job),
      clock,
      log,
      onMessage: (rank, message) => this.#heard(rank, message),
      onLost: (rank, reason) => this.#dispatch({ type: 'node.lost', rank, reason }),
      onRefused: (message) => this.#options.onNote({ kind: 'node.refused', message }),
    });
  }

  /** In the order of their ranks, from 1. */
  get seen(): SeenNode[] {
    return this.#roster.nodes.map((node) => ({
      ...node,
      host: this.#hosts.get(node.rank) ?? node.host,
      gpus: [],
      ...this.#told.get(node.rank),
    }));
  }

  /** Of this node and the next ones, as far as they have told them. */
  interfaces(): Array<{ host: string; interfaces: string[] }> {
    const { nodes } = this.#options;
    const own = { host: nodes.hosts[0] ?? '', interfaces: listAddresses() };
    const others = this.seen.map(({ rank, host }) => ({ host, interfaces: [...(this.#interfaces.get(rank) ?? [])] }));
    return [own, ...others].slice(0, maxToldNodes);
  }

  /** Asks every node what it uses now. Resolves within some seconds; a node that does not answer is there without figures. */
  async measure(): Promise<MeasuredNode[]> {
    const joined = this.#joined();
    const asked = this.#measuring.gather(joined);
    for (const rank of joined) this.#links.send(rank, { type: 'node.measure' });
    const figures = await asked;
    return this.seen.map(({ rank, host }) => ({ rank, host, figures: figures.get(rank) }));
  }

  /** Has every part saved what it shows. Resolves with the files, within some seconds. */
  async report(reason: string): Promise<string[]> {
    const running = this.#joined((part) => part.status === 'running');
    const asked = this.#reporting.gather(running);
    for (const rank of running) this.#links.send(rank, { type: 'part.report', reason });
    return [...(await asked).values()];
  }

  #joined(wanted: (part: PartReport) => boolean = () => true): number[] {
    return this.#roster.nodes.flatMap(({ rank, life }) =>
      life.status === 'joined' && wanted(life.part) ? [rank] : [],
    );
  }

  /** Nodes that may have ended, and do not count as lost yet, with what speaks for it. Undefined: nothing does. */
  get suspicion(): { message: string; hosts: string[] } | undefined {
    const gone = this.#links.closed.flatMap(({ rank, why }) => {
      const node = this.#roster.nodes.find((one) => one.rank === rank);
      return node ? [{ host: node.host, words: `${nameNode(node)}: ${why}` }] : [];
    });
    if (gone.length === 0) return undefined;
    return { message: gone.map(({ words }) => words).join('; '), hosts: gone.map(({ host }) => host) };
  }

  /** Nodes that have never joined. */
  get awaited(): RosterNode[] {
    return this.#roster.nodes.filter(({ life }) => life.status === 'awaited');
  }

  /**
   * Has every other node start its part, as soon as all are there. Rejects with the signal's reason, when nothing is left of the
   * parts that were started.
   */
  async gather(signal: AbortSignal): Promise<Gathered> {
    signal.throwIfAborted();
    const run: Run = {
      gathered: Promise.withResolvers(),
      failures: new PartFailures(),
      stuck: Promise.withResolvers(),
    };
    this.#run = run;
    this.#dispatch({ type: 'engine.wanted' });
    try {
      return await untilAborted(run.gathered.promise, signal);
    } catch (error) {
      await this.end(0);
      throw error;
    }
  }

  /** Resolves when nothing is left of the parts on nodes that can be reached. A later call may only shorten the time. */
  async end(limitMs: number): Promise<void> {
    const { promise } = this.#gone;
    this.#timers.set('ending', closedLimitMs, () => this.#giveUpClosed());
    this.#dispatch({ type: 'engine.unwanted', limitMs });
    await promise;
    this.#timers.clear('ending');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timers.clear('gathering');
    this.#timers.clear('ending');
    await this.#orders;
    await this.#links[Symbol.asyncDispose]();
  }

  /** An end does not wait as long as a start for a node whose connection is gone. */
  #giveUpClosed(): void {
    for (const { rank, why } of this.#links.closed) this.#dispatch({ type: 'node.lost', rank, reason: why });
  }

  #heard(rank: number, message: NodeMessage): void {
    switch (message.type) {
      case 'node.joined':
        this.#hosts.set(rank, message.host);
        if (message.interfaces) this.#interfaces.set(rank, message.interfaces);
        this.#learn(rank, message);
        return this.#dispatch({ type: 'node.joined', rank, part: message.part });
      case 'node.reported':
        this.#learn(rank, message);
        return this.#dispatch({ type: 'node.reported', rank, part: message.part });
      case 'node.noted':
        return this.#options.onNote({ kind: message.kind, message: `${this.nameOf(rank)}: ${message.message}` });
      case 'node.measured':
        return this.#measuring.take(rank, message.figures);
      case 'part.reported':
        return this.#reporting.take(rank, message.path);
    }
  }

  #learn(rank: number, { gpus, progress, pressure, engineVersion }: Told): void {
    const before = this.#told.get(rank);
    const told: Told = { gpus, ...defined({ progress, pressure, engineVersion }) };
    this.#told.set(rank, told);
    const isPressed = pressure !== undefined;
    if (isPressed !== (before?.pressure !== undefined)) this.#options.onNote(pressureNote(this.nameOf(rank), pressure));
    if (JSON.stringify(told) !== JSON.stringify(before)) this.#options.onChange();
    this.#compare(rank, engineVersion);
  }

  /** With each word of the node: this node's own version may be known later than that one's. */
  #compare(rank: number, version: string | undefined): void {
    if (this.#roster.phase !== 'up') return;
    const own = { name: this.nameOf(0), version: this.#options.ownVersion() };
    const failure = versionsDiffer(own, { name: this.nameOf(rank), version });
    if (failure) this.#run?.failures.take({ rank, failure });
  }

  /** `host (rank n)`, also for the leader's own. */
  nameOf(rank: number): string {
    return nameNode({ rank, host: this.#options.nodes.hosts[rank] ?? 'an unknown host' });
  }

  /** The node that has this address on its way to the leader. Undefined where none is known to have it. */
  rankAt(address: string): number | undefined {
    return this.#links.rankAt(address);
  }

  #dispatch(event: RosterEvent): void {
    const before = this.#roster;
    const { state, effects } = rosterTransition(before, event, rosterPolicy);
    this.#roster = state;
    for (const effect of effects) this.#perform(effect);
    if (state !== before) this.#options.onChange();
  }

  #perform(effect: RosterEffect): void {
    switch (effect.type) {
      case 'part.start':
        return this.#order(async () => {
          const meeting = await this.#meetingOf();
          this.#links.send(effect.rank, { type: 'part.start', run: effect.run, meeting, nodes: this.interfaces() });
        });
      case 'part.end':
        return this.#order(async () => {
          const limitMs = Math.ceil(effect.limitMs);
          this.#links.send(effect.rank, { type: 'part.end', run: effect.run, limitMs });
        });
      case 'engine.gathered':
        return this.#order(async () => this.#tellGathered(await this.#meetingOf()));
      case 'engine.failed':
        return this.#run?.failures.take({ rank: effect.rank, failure: effect.failure });
      case 'engine.stuck':
        return this.#run?.stuck.resolve([...effect.pids]);
      case 'engine.gone':
        return this.#over();
      case 'nodes.missing':
        return this.#options.onMissing({ message: effect.message, hint: effect.hint, hosts: effect.hosts });
      case 'timer.set':
        return this.#timers.set('gathering', effect.ms, () => this.#dispatch({ type: 'gathering.limit_reached' }));
      case 'timer.clear':
        return this.#timers.clear('gathering');
      case 'note':
        return this.#options.onNote({ kind: effect.kind, message: effect.message });
    }
  }

  #over(): void {
    this.#meeting = undefined;
    const { resolve } = this.#gone;
    this.#gone = Promise.withResolvers();
    resolve();
  }

  /** A new one for each run: another program may have taken the port of the last. */
  async #meetingOf(): Promise<Meeting> {
    const { findPort = findFreePort } = this.#options;
    const address = this.#links.ownAddress ?? this.#meeting?.address ?? '127.0.0.1';
    this.#meeting ??= { address, port: await findPort(address) };
    return this.#meeting;
  }

  #tellGathered({ address, port }: Meeting): void {
    const networkInterface = interfaceOf(address);
    if (!this.#run) return;
    const { gathered, failures, stuck } = this.#run;
    const node: EngineNode = {
      rank: 0,
      address,
      meeting: { address, port: String(port) },
      ...defined({ networkInterface }),
    };
    gathered.resolve({ node, onFailed: (listener) => failures.listen(listener), stuck: stuck.promise });
  }

  #order(work: () => Promise<void>): void {
    const { log } = this.#options;
    this.#orders = this.#orders.then(work).catch((error: unknown) => {
      log.error({ op: 'nodes.order', ok: false, error: errorText(error) }, 'an order to a node failed');
      // No port, no start: it is tried again when the parts that were started have ended.
      this.#run?.gathered.reject(error);
    });
    detach(this.#orders);
  }
}
