// Performs what lead-state.ts decides: one engine as the supervisor sees it, made of companions on every node and the engine on this one.

import type { EngineNode } from '@fairlead/engines';
import type { EngineFailure } from '@fairlead/engines/failures';
import { type Clock, detach, errorText, type Log } from '@fairlead/kit';
import type { EngineRole } from '../engine/engine-role.ts';
import type { EngineExit, EngineProcess } from '../engine/spawn-engine.ts';
import type { Gathered, LeaderNodes } from '../nodes/leader/open-nodes.ts';
import { spawnFailure } from '../supervisor/engine-slot.ts';
import { type LeadEffect, type LeadEvent, type LeadState, leadTransition } from './lead-state.ts';

export interface LeadEngineOptions {
  nodes: Pick<LeaderNodes, 'gather' | 'end'>;
  /** Starts a process of this node. Rejects as `Engine.spawn`. */
  spawnPart: (signal: AbortSignal, node: EngineNode, role: EngineRole) => Promise<EngineProcess>;
  /** Why a process of this node ended that was not told to. */
  explainExit: (exit: EngineExit, role: EngineRole) => EngineFailure;
  clock: Clock;
  log: Log;
}

/** The companions of all nodes, from their start to their end. */
interface Companions extends Gathered {
  own: EngineProcess;
}

/** One start of the engine. */
interface Run {
  /** Fires when it is no longer wanted. */
  over: AbortController;
  started: PromiseWithResolvers<void>;
  exit: PromiseWithResolvers<EngineExit>;
  stuck: PromiseWithResolvers<number[]>;
}

/** They answer no requests and have nothing to keep. Slurm may kill the agent some seconds after its SIGTERM. */
const companionLimitMs = 2_000;
const endRetryMs = 1_000;

export class LeadEngine implements AsyncDisposable {
  readonly #options: LeadEngineOptions;
  #state: LeadState = { status: 'down' };
  #companions: Companions | undefined;
  #run: Run = newRun(AbortSignal.abort());
  /** The check, then the engine: the last of them that was started. Undefined where its start failed. */
  #process: Promise<EngineProcess | undefined> = Promise.resolve(undefined);
  #ending: Promise<void> | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(options: LeadEngineOptions) {
    this.#options = options;
  }

  /**
   * Resolves when companions run on every node; those of the last engine are used again if they are whole. The check and the engine
   * follow by themselves, and `exited` tells of all of them. Rejects, when nothing is left of them, if companions cannot be started.
   */
  async spawn(signal: AbortSignal): Promise<EngineProcess> {
    await this.#until('down', 'spare');
    signal.throwIfAborted();
    const run = newRun(signal);
    this.#run = run;
    if (this.#state.status === 'spare') run.started.resolve();
    this.#dispatch({ type: 'engine.wanted' });
    await run.started.promise;
    const { own, stuck } = this.#companions!;
    const process = async () => await this.#process;
    return {
      pid: own.pid,
      pids: async () => [...(await own.pids()), ...((await (await process())?.pids()) ?? [])],
      exited: run.exit.promise,
      stuck: Promise.race([run.stuck.promise, own.stuck, stuck]),
      end: async (limitMs) => {
        this.#dispatch({ type: 'engine.unwanted', limitMs });
        await this.#until('down', 'spare');
      },
    };
  }

  /** Resolves when nothing is left of it on any node that can be reached. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#run.over.abort(new Error('the agent ends'));
    this.#dispatch({ type: 'engine.unwanted', limitMs: 0 });
    await this.#until('down', 'spare');
    this.#dispatch({ type: 'leave' });
    await this.#until('down');
  }

  async #until(...wanted: Array<LeadState['status']>): Promise<void> {
    while (!wanted.includes(this.#state.status)) await this.#changed.promise;
  }

  #dispatch(event: LeadEvent): void {
    const { state, effects } = leadTransition(this.#state, event);
    if (state !== this.#state) this.#options.log.info({ op: 'companions', event: event.type, ...state });
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }

  #perform(effect: LeadEffect): void {
    switch (effect.type) {
      case 'companions.start':
        return detach(this.#raise(this.#run));
      case 'companions.check':
        return detach(this.#check(this.#run));
      case 'engine.start':
        return detach(this.#drive(this.#run));
      case 'engine.end':
        return this.#endEngine(effect.limitMs);
      case 'companions.end':
        return detach(this.#lower());
      case 'tell':
        return this.#run.exit.resolve(effect.exit);
    }
  }

  async #raise(run: Run): Promise<void> {
    const { nodes, explainExit } = this.#options;
    try {
      const gathered = await nodes.gather(run.over.signal);
      const own = await this.#startOwn(run, gathered.node);
      const companions: Companions = { ...gathered, own };
      this.#companions = companions;
      this.#dispatch({ type: 'companions.started' });
      run.started.resolve();
      gathered.onFailed(({ failure }) => this.#companionFailed(companions, failure));
      detach(own.exited.then((exit) => this.#companionFailed(companions, explainExit(exit, 'companion'))));
    } catch (error) {
      this.#dispatch({ type: 'companions.absent' });
      run.started.reject(error);
    }
  }

  async #startOwn(run: Run, node: EngineNode): Promise<EngineProcess> {
    try {
      return await this.#options.spawnPart(run.over.signal, node, 'companion');
    } catch (error) {
      await this.#options.nodes.end(0);
      throw error;
    }
  }

  /** What is heard of companions that were ended since says nothing of those that run. */
  #companionFailed(companions: Companions, failure: EngineFailure): void {
    if (this.#companions === companions) this.#dispatch({ type: 'companion.failed', failure });
  }

  async #check(run: Run): Promise<void> {
    const check = await this.#start(run, 'check');
    if (!check) return;
    const exit = await check.exited;
    if (this.#run !== run || run.over.signal.aborted) return;
    await check.end(0);
    if (exit.code === 0) return this.#dispatch({ type: 'companions.met' });
    this.#dispatch({ type: 'companion.failed', failure: this.#options.explainExit(exit, 'check') });
  }

  async #drive(run: Run): Promise<void> {
    const engine = await this.#start(run, 'engine');
    if (!engine) return;
    const exit = await engine.exited;
    if (this.#run === run) this.#dispatch({ type: 'engine.exited', exit });
  }

  async #start(run: Run, role: EngineRole): Promise<EngineProcess | undefined> {
    const { signal } = run.over;
    const starting = this.#options.spawnPart(signal, this.#companions!.node, role);
    // For the end, which waits for the process if there is one; the failure is dealt with below.
    this.#process = starting.catch(() => undefined);
    try {
      const started = await starting;
      detach(started.stuck.then(run.stuck.resolve));
      return started;
    } catch (error) {
      const exit = { code: null, signal: null, elsewhere: spawnFailure(error) };
      if (!signal.aborted) this.#dispatch({ type: 'engine.exited', exit });
      return undefined;
    }
  }

  /** A later call may only shorten the end under way. */
  #endEngine(limitMs: number): void {
    this.#run.over.abort(new Error('the engine is no longer wanted'));
    const end = async () => (await this.#process)?.end(limitMs);
    if (this.#ending) return detach(end().catch((error: unknown) => this.#endFailed(error)));
    this.#ending = this.#insist(end).then(() => {
      this.#ending = undefined;
      this.#dispatch({ type: 'engine.gone' });
    });
    detach(this.#ending);
  }

  async #lower(): Promise<void> {
    const { nodes } = this.#options;
    const own = this.#insist(async () => this.#companions?.own.end(companionLimitMs));
    await Promise.all([nodes.end(companionLimitMs), own]);
    this.#companions = undefined;
    this.#dispatch({ type: 'companions.gone' });
  }

  /** Resolves when it has worked, however often that has to be tried. */
  async #insist(end: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await end();
      } catch (error) {
        this.#endFailed(error);
        await this.#options.clock.sleep(endRetryMs);
      }
    }
  }

  #endFailed(error: unknown): void {
    this.#options.log.error({ op: 'companions.end', ok: false, error: errorText(error) }, 'cannot end it yet');
  }
}

function newRun(signal: AbortSignal): Run {
  const over = new AbortController();
  const stop = () => over.abort(signal.reason);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return {
    over,
    started: Promise.withResolvers(),
    exit: Promise.withResolvers(),
    stuck: Promise.withResolvers(),
  };
}
