// The agent of another node than the first: it runs its part of the engine as the leader orders, and ends with the leader.

import { randomUUID } from 'node:crypto';
import type { EngineNode, PhaseSeen } from '@fairlead/engines';
import { defined, detach, errorText, openTimeLimit, Scope, untilAborted, untilOver } from '@fairlead/kit';
import type { InstanceSpec, LeaderMessage, NodeMessage } from '@fairlead/protocol';
import { type JobNodes, listGpus, readJobIdentity, visibleGpus } from '@fairlead/scheduler';
import type { AgentDeps } from '../../agent-deps.ts';
import { agentError } from '../../agent-error.ts';
import { listAddresses } from '../../engine/list-interfaces.ts';
import { type Engine, openEngine } from '../../engine/open-engine.ts';
import type { ExitName } from '../../exit-code.ts';
import { openScratch } from '../../job/open-scratch.ts';
import { createMemoryReader } from '../../memory/read-job-memory.ts';
import { watchPressure } from '../../memory/watch-pressure.ts';
import { measureNode } from '../measure-node.ts';
import { createEngineSlot, type EngineSlot } from '../../supervisor/engine-slot.ts';
import { interfaceOf } from '../link/node-addresses.ts';
import { deriveNodeSecret } from '../link/node-secret.ts';
import { rosterPolicy } from '../roster/roster.ts';
import { LeaderLink } from './leader-link.ts';
import { collectAll } from './small-process.ts';
import { firstWorker, type Meeting, type WorkerEffect, type WorkerEvent, workerTransition } from './part-state.ts';

const logTimeoutMs = 2_000;
/** After the engine's start: its log is then what the agent has to do most of. */
const quietMs = 5_000;

/** Resolves with how it ended, when nothing of its part is left on the node. */
export async function runWorker(spec: InstanceSpec, nodes: JobNodes, deps: AgentDeps): Promise<ExitName> {
  await using scope = new Scope();
  const { clock, log, say } = deps;
  const directory = scope.use(await openScratch(spec, deps));
  const engine: Engine = scope.use(
    await openEngine({
      ...deps,
      spec,
      rank: nodes.rank,
      directory,
      onPhase: (seen) => worker.see(seen),
      onNote: (message) => worker.note('engine.planned', message),
      nodesSeen: () => worker.nodesSeen,
    }),
  );
  const worker = new Worker({ nodes, deps, engine });
  const link = scope.use(
    new LeaderLink({
      nodes,
      secret: deriveNodeSecret(spec, readJobIdentity(deps.env)),
      joinLimitMs: rosterPolicy.joinLimitMs,
      clock,
      log,
      joined: () => worker.joined(),
      report: () => worker.report(),
      onOrder: (order) => worker.take(order),
      onLinked: (linked, why) => say(linked ? `joined the leader at ${why}` : `the leader is away: ${why}`),
      onLost: (why) => {
        log.error({ op: 'leader.lost', ok: false, why }, 'the leader is gone');
        say(`ends because there is ${why}`);
        worker.dispatch({ type: 'leader.lost' });
      },
    }),
  );
  worker.link = link;
  scope.defer(deps.onSignal((signal) => link.expectEnd(signal)));
  const over = new AbortController();
  scope.defer(() => over.abort(new Error('the worker has ended')));
  detach(untilOver(worker.learnGpus(over.signal), over.signal));
  detach(untilOver(clock.sleep(quietMs, over.signal).then(collectAll), over.signal));
  const onChange = (pressure: string | undefined) => worker.press(pressure);
  watchPressure({ read: createMemoryReader(), clock, log, onChange }, over.signal);
  say(`agent ${deps.agentVersion} runs rank ${nodes.rank} of ${nodes.hosts.length} on ${deps.hostname}`);
  const exit = await worker.exit;
  using limit = openTimeLimit(clock, logTimeoutMs);
  await untilOver(untilAborted(engine.logged(), limit.signal), limit.signal);
  return exit;
}

/** Performs what part-state.ts decides. */
class Worker {
  readonly #engine: Pick<Engine, 'version'>;
  readonly #nodes: JobNodes;
  readonly #deps: AgentDeps;
  readonly #slot: EngineSlot;
  readonly #exit = Promise.withResolvers<ExitName>();
  #state = firstWorker;
  #gpus: readonly string[];
  #meeting: Meeting | undefined;
  #progress: PhaseSeen | undefined;
  #pressure: string | undefined;
  readonly #agent = `agent ${randomUUID().slice(0, 8)}`;
  /** The interfaces of the nodes, at the last start. */
  nodesSeen: Extract<LeaderMessage, { type: 'part.start' }>['nodes'];
  link: LeaderLink | undefined;

  constructor({ nodes, deps, engine }: { nodes: JobNodes; deps: AgentDeps; engine: Engine }) {
    this.#engine = engine;
    this.#nodes = nodes;
    this.#deps = deps;
    this.#gpus = visibleGpus(deps.env).map((id) => `gpu ${id}`);
    const role = engine.beside ? 'companion' : 'engine';
    this.#slot = createEngineSlot({
      ...deps,
      spawnEngine: (signal) => engine.spawn(signal, this.#place(), role),
      // The leader judges whether the engine hangs, and orders the report.
      saveHangReport: engine.saveHangReport,
      explainExit: (exit) => engine.explainExit(exit, role),
      onReported: (path) => this.link?.send({ type: 'part.reported', path }),
      onSpawned: (pid) => this.dispatch({ type: 'engine.spawned', pid }),
      onSpawnDelayed: (message) => this.note('engine.delayed', message),
      onSpawnFailed: (failure) => this.dispatch({ type: 'engine.failed', failure }),
      onExited: (failure) => this.dispatch({ type: 'engine.failed', failure }),
      onStuck: (pids) => this.dispatch({ type: 'engine.stuck', pids }),
      onGone: () => this.dispatch({ type: 'engine.gone' }),
    });
  }

  /** How it ended. */
  get exit(): Promise<ExitName> {
    return this.#exit.promise;
  }

  joined(): Extract<NodeMessage, { type: 'node.joined' }> {
    const { rank } = this.#nodes;
    const known = { agent: this.#agent, interfaces: listAddresses(), ...this.#known() };
    return { type: 'node.joined', rank, host: this.#deps.hostname, ...known };
  }

  report(): NodeMessage {
    return { type: 'node.reported', ...this.#known() };
  }

  see(progress: PhaseSeen): void {
    this.#progress = progress;
    this.link?.send(this.report());
  }

  press(pressure: string | undefined): void {
    this.#pressure = pressure;
    this.#deps.say(pressure ?? 'there is room in the memory of the job again');
    this.link?.send(this.report());
  }

  note(kind: string, message: string): void {
    this.#deps.log.info({ op: kind }, message);
    this.#deps.say(message);
    this.link?.send({ type: 'node.noted', kind, message });
  }

  take(order: LeaderMessage): void {
    if (order.type === 'leader.alive') return;
    if (order.type === 'node.measure') return detach(this.#measure());
    this.#deps.log.info({ op: order.type }, 'ordered by the leader');
    if (order.type === 'part.report') return this.#slot.report(order.reason);
    if (order.type === 'node.refused') {
      const error = agentError('rank_taken', order.message);
      this.#deps.log.error({ op: 'leader.link', ok: false, error }, 'the leader has refused this agent');
      this.#deps.say(`ends: ${order.message}`);
    }
    if (order.type === 'part.start') this.nodesSeen = order.nodes;
    this.dispatch(order);
  }

  async #measure(): Promise<void> {
    const { env, run, clock } = this.#deps;
    const figures = await measureNode({ env, run, clock });
    this.link?.send({ type: 'node.measured', figures });
  }

  #known() {
    const { part } = this.#state;
    const isUp = part.status === 'starting' || part.status === 'running';
    const progress = isUp ? this.#progress : undefined;
    const seen = defined({ progress, pressure: this.#pressure, engineVersion: this.#engine.version() });
    return { gpus: [...this.#gpus], part, ...seen };
  }

  async learnGpus(signal: AbortSignal): Promise<void> {
    const { env, run, log } = this.#deps;
    try {
      this.#gpus = await listGpus(env, run, signal);
      this.link?.send(this.report());
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ op: 'site.learn', what: 'GPUs', ok: false, error: errorText(error) });
    }
  }

  dispatch(event: WorkerEvent): void {
    const { state, effects } = workerTransition(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: WorkerEffect): void {
    switch (effect.type) {
      case 'engine.spawn':
        this.#meeting = effect.meeting;
        this.#progress = undefined;
        return this.#slot.spawn();
      case 'engine.end':
        return this.#slot.end(effect.limitMs);
      case 'report':
        this.#say();
        return this.link?.send(this.report());
      case 'exit':
        return this.#exit.resolve(effect.exit);
    }
  }

  #say(): void {
    const { part } = this.#state;
    this.#deps.log.info({ op: 'part', ...part });
    if (part.status === 'exited') this.#deps.say(`its part of the engine has failed: ${part.message}`);
    if (part.status === 'running') this.#deps.say(`started its part of the engine with pid ${part.pid}`);
  }

  #place(): EngineNode {
    const address = this.link?.ownAddress ?? this.#lastAddress;
    this.#lastAddress = address;
    const networkInterface = interfaceOf(address);
    const { address: meetingAddress, port } = this.#meeting ?? { address, port: 0 };
    return {
      rank: this.#nodes.rank,
      address,
      meeting: { address: meetingAddress, port: String(port) },
      ...defined({ networkInterface }),
    };
  }

  /** A start that is tried again while the leader is away goes on with the address of before. */
  #lastAddress = '127.0.0.1';
}
