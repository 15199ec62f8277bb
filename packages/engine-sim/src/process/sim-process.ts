// Performs the decisions of life.ts: prints, waits, opens and closes the server, ends the process.

import { systemClock } from '@fairlead/kit';
import type { ServeOptions } from '../cli/parse-argv.ts';
import { isServerFault, type ProcessFault } from '../faults.ts';
import { accessLine, type AccessEntry } from '../log/access-line.ts';
import { failureLines } from '../log/failure-lines.ts';
import { type StartFailure, failures } from '../log/failures.ts';
import { peerGoneLines, rankLines } from '../log/headless-script.ts';
import { type LogLine, renderLine } from '../log/log-line.ts';
import { type StartStep, startupComplete, startupScript } from '../log/startup-script.ts';
import { defaultMaxModelLen, type EngineSim, offerOf, openEngineSim } from '../open-engine-sim.ts';
import { type ListenAddress, reserveAddress } from '../server/listener.ts';
import { SimError } from '../server/sim-error.ts';
import { bindFailure } from './bind-failure.ts';
import {
  initialLife,
  type ProcessEffect,
  type ProcessEvent,
  type LifeState,
  type ProcessExit,
  transition,
} from './life.ts';
import { openCountFile } from './keep-count.ts';
import { logFlood } from './log-flood.ts';
import { awaitRanks, watchPeers } from './meeting.ts';
import { printStats } from './print-stats.ts';

/** The process, as this interpreter sees it. */
export interface ProcessPort {
  pid: number;
  write(stream: 'out' | 'err', text: string): void;
  /** Calls back for each SIGTERM and SIGINT. */
  onStopSignal(listener: () => void): void;
  /** Starts a process that outlives this one, in its group or in a session of its own. */
  leaveChild(session: boolean): void;
  end(end: ProcessExit): void;
}

export class SimProcess {
  readonly #options: ServeOptions;
  readonly #port: ProcessPort;
  readonly #starting = new AbortController();
  #state: LifeState = initialLife;
  #sim: EngineSim | undefined;
  #signalsToLose = 0;
  #hangsOnStop = false;
  /** The address of a rank that has gone. */
  #goneRank: string | undefined;

  constructor(options: ServeOptions, port: ProcessPort) {
    this.#options = options;
    this.#port = port;
  }

  /** Resolves when the server serves, or when it never will. The process ends through the port. */
  async run(): Promise<void> {
    for (const fault of this.#options.faults) this.#prepare(fault);
    try {
      const address = await this.#start();
      if (address) await this.#serve(address);
    } catch (error) {
      if (!this.#starting.signal.aborted) throw error;
    }
  }

  /** Undefined when the start has failed. */
  async #start(): Promise<ListenAddress | undefined> {
    const { startMs } = this.#options;
    const began = systemClock.monotonicMs();
    const failure = this.#startFailure();
    let address: ListenAddress | undefined;
    for (const step of startupScript(this.#scriptOptions())) {
      const waitMs = step.at * startMs - (systemClock.monotonicMs() - began);
      if (waitMs > 0) await systemClock.sleep(waitMs, this.#starting.signal);
      this.#enter(step);
      if (failure && step.strikes?.includes(failure.at)) return this.#fail(failure);
      if (step.strikes?.includes('bind')) address = await this.#reserve();
      if (step.strikes?.includes('worker')) await this.#meet();
      if (this.#state.name !== 'starting') return undefined;
    }
    const waitMs = startMs - (systemClock.monotonicMs() - began);
    if (waitMs > 0) await systemClock.sleep(waitMs, this.#starting.signal);
    return address;
  }

  async #serve(reserved: ListenAddress): Promise<void> {
    if (this.#options.faults.some((fault) => fault.name === 'never-ready')) return;
    const options = this.#options;
    const sim = await openEngineSim({
      ...options,
      listen: reserved,
      reserved: true,
      modelPath: options.model,
      maxModelLen: options.maxModelLen ?? defaultMaxModelLen,
      faults: options.faults.filter(isServerFault),
      onAccess: (entry) => this.#access(entry),
      ...(options.countDir === undefined ? {} : { onProduced: openCountFile(options.countDir, this.#port.pid) }),
    });
    this.#sim = sim;
    sim.faultOrdered.add((fault) => this.#order(fault));
    if (this.#goneRank !== undefined) this.#losePeer(this.#goneRank);
    this.#print(startupComplete);
    this.#dispatch({ type: 'engine.ready' });
    printStats(
      () => sim.stats(),
      options.limits.kvCapacity,
      (line) => this.#print([line]),
    );
    for (const fault of options.faults) if (!isServerFault(fault)) this.#atReady(fault);
  }

  #enter(step: StartStep): void {
    const before = this.#state;
    this.#dispatch({ type: 'phase.entered', phase: step.phase });
    if (before.name === 'starting' && before.phase !== step.phase) this.#onPhase(step.phase);
    this.#print(step.lines);
  }

  /** Python installs its handlers after the imports; the engine's processes exist from the handshake on. */
  #onPhase(phase: StartStep['phase']): void {
    if (phase === 'configuring') this.#port.onStopSignal(() => this.#signalled());
    if (phase !== 'handshaking') return;
    for (const fault of this.#options.faults) if (fault.name === 'leave-child') this.#port.leaveChild(fault.session);
  }

  async #reserve(): Promise<ListenAddress | undefined> {
    try {
      return await reserveAddress(this.#options.listen);
    } catch (error) {
      const lines = bindFailure(error);
      if (!lines) throw error;
      this.#dispatch({ type: 'start.failed', lines, end: { code: 1 } });
      return undefined;
    }
  }

  /** Over several nodes: waits for the other ranks. A failed start is over when this resolves. */
  async #meet(): Promise<void> {
    const { ranks } = this.#options;
    if (!ranks || this.#state.name !== 'starting') return;
    const met = await awaitRanks(ranks, this.#starting.signal);
    if (!met.ok) return this.#fail({ at: 'worker', source: 'recorded', cause: met.cause });
    this.#print(rankLines(ranks));
    // The server never notices that a copy is gone.
    if (ranks.kind === 'copies') return;
    watchPeers(met.value, {
      onLost: (address) => this.#losePeer(address),
      onFrozen: (isFrozen) => (isFrozen ? this.#sim?.setFault('hang') : this.#sim?.clearFaults()),
    });
  }

  /** While nothing is asked, nothing shows; the next request fails and takes the engine with it. */
  #losePeer(address: string): void {
    this.#goneRank = address;
    this.#sim?.setFault('status:500');
  }

  #startFailure(): StartFailure | undefined {
    const fault = this.#options.faults.find((one) => one.name === 'start-failure');
    return fault && failures[fault.failure];
  }

  #fail(failure: StartFailure): undefined {
    const lines = failureLines(failure, this.#options.model);
    this.#dispatch({ type: 'start.failed', lines, end: failure.end ?? { code: 1 } });
  }

  #signalled(): void {
    const ignored = this.#signalsToLose > 0;
    if (ignored) this.#signalsToLose -= 1;
    const inFlight = this.#sim?.stats().inFlight ?? 0;
    const { shutdownTimeoutS: drainS } = this.#options;
    this.#dispatch({ type: 'stop.signalled', ignored, inFlight, drainS, hangs: this.#hangsOnStop });
  }

  #dispatch(event: ProcessEvent): void {
    const { state, effects } = transition(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: ProcessEffect): void {
    const sim = this.#sim;
    switch (effect.type) {
      case 'print':
        return this.#print(effect.lines);
      case 'stop-starting':
        return this.#starting.abort();
      case 'drain':
        sim?.drain();
        if (sim && effect.timeoutS > 0) this.#inBackground(this.#drain(sim, effect.timeoutS));
        return;
      case 'kill-engine':
        return sim?.killEngine(effect.how);
      case 'close-listener':
        if (sim) this.#inBackground(this.#close(sim, effect.afterMs));
        return;
      case 'end':
        return this.#port.end(effect.end);
    }
  }

  async #drain(sim: EngineSim, timeoutS: number): Promise<void> {
    const limit = AbortSignal.timeout(timeoutS * 1000);
    try {
      await sim.idle(limit);
      this.#dispatch({ type: 'requests.finished' });
    } catch (error) {
      if (!limit.aborted) throw error;
      this.#dispatch({ type: 'drain.expired', inFlight: sim.stats().inFlight, hangs: this.#hangsOnStop });
    }
  }

  async #close(sim: EngineSim, afterMs: number): Promise<void> {
    if (afterMs > 0) await systemClock.sleep(afterMs);
    await sim.closeListener();
    this.#dispatch({ type: 'connections.closed' });
  }

  /** A bug of the simulator must not look like an injected fault. */
  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#port.write('err', `engine-sim: ${error instanceof Error ? error.stack : String(error)}\n`);
      this.#port.end({ code: 70 });
    });
  }

  /** Applies a fault that must be known before the start. */
  #prepare(fault: { name: string; times?: number }): void {
    if (fault.name === 'lose-term') this.#signalsToLose += fault.times ?? 0;
    if (fault.name === 'hang-on-stop') this.#hangsOnStop = true;
  }

  #atReady(fault: ProcessFault): void {
    if (fault.name === 'exit' || fault.name === 'engine-death' || fault.name === 'log') this.#order(fault);
  }

  /** Performs a fault that is set while the server serves. */
  #order(fault: ProcessFault): void {
    switch (fault.name) {
      case 'lose-term':
      case 'hang-on-stop':
        return this.#prepare(fault);
      case 'leave-child':
        return this.#port.leaveChild(fault.session);
      case 'log':
        return logFlood(fault.megabytes, (line) => this.#print([line]));
      case 'exit':
        setTimeout(() => this.#dispatch({ type: 'exit.ordered', code: fault.code }), fault.afterMs);
        return;
      case 'engine-death':
        setTimeout(() => this.#dispatch({ type: 'engine.died' }), fault.afterMs);
        return;
      case 'start-failure':
      case 'never-ready':
        throw new SimError('sim.fault_too_late', `cannot set the fault '${fault.name}' because the engine has started`);
    }
  }

  #access(entry: AccessEntry): void {
    if (this.#goneRank !== undefined && entry.status === 500) {
      this.#print(peerGoneLines(this.#goneRank));
      this.#dispatch({ type: 'engine.died' });
    }
    const without = this.#options.accessLogWithout;
    const [path = ''] = entry.target.split('?', 1);
    if (without && !without.includes(path)) this.#print([accessLine(entry)]);
  }

  #print(lines: readonly LogLine[]): void {
    const context = { pid: this.#port.pid, now: new Date() };
    for (const line of lines) this.#port.write(line.stream, renderLine(line, context));
  }

  #scriptOptions() {
    const { model, nonDefaultArgs, maxModelLen, shards, loadFormat, enforceEager, listen, startMs, limits } =
      this.#options;
    return {
      model,
      nonDefaultArgs,
      maxModelLen: maxModelLen ?? defaultMaxModelLen,
      shards: loadFormat === 'dummy' ? 0 : shards,
      enforceEager,
      listen: 'uds' in listen ? `unix:${listen.uds}` : `http://${listen.host}:${listen.port}`,
      totalMs: startMs,
      kvCapacity: limits.kvCapacity,
      offer: offerOf(this.#options),
    };
  }
}
