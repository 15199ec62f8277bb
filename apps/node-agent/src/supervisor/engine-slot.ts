// Holds one engine at a time: spawned, then ended, then gone. It tells its caller of each step. A spawn that meets a passing
// condition is repeated until it works or an end is ordered; that end does not wait for an engine that has not been started.

import type { EngineFailure } from '@fairlead/engines/failures';
import { type Clock, detach, durationOf, errorText, isCodedError, type Log, retryPassing } from '@fairlead/kit';
import { GpusUnfit } from '../gpu/check-gpus.ts';
import { PrologueFailed } from '../job/refuse-failed-prologue.ts';
import type { EngineExit, EngineProcess } from '../engine/spawn-engine.ts';

export interface EngineSlotOptions {
  /** The signal fires when the engine is no longer wanted; a process that it has started by then is handed over all the same. */
  spawnEngine: (signal: AbortSignal) => Promise<EngineProcess>;
  /** Saves what can be seen of the engine's processes; resolves with the place. */
  saveHangReport: (reason: string, pids: readonly number[]) => Promise<string>;
  /** Where that was saved. */
  onReported: (path: string) => void;
  /** Why an engine ended that was not told to. */
  explainExit: (exit: EngineExit) => EngineFailure;
  clock: Clock;
  random: () => number;
  log: Log;
  onSpawned: (pid: number) => void;
  /** Once for each spawn: it waits for a condition to pass. */
  onSpawnDelayed: (message: string) => void;
  onSpawnFailed: (failure: EngineFailure) => void;
  /** It ended and nothing had asked it to. */
  onExited: (failure: EngineFailure) => void;
  /** Processes of it do not die; `onGone` follows if they do. */
  onStuck: (pids: number[]) => void;
  onGone: () => void;
}

export interface EngineSlot {
  /** Only when no engine is there. Answered by `onSpawned` or `onSpawnFailed`, unless the end is ordered first. */
  spawn(): void;
  /** Saves what can be seen of an engine that hangs. An end that is ordered then waits for that, some seconds at most. */
  report(reason: string): void;
  /** Answered by `onGone`. A second call joins the end under way and may only shorten it. */
  end(limitMs: number): void;
}

const doubtfulTimeoutMs = 10_000;
const endRetryIntervalMs = 1_000;

export function createEngineSlot(options: EngineSlotOptions): EngineSlot {
  return new Slot(options);
}

class Slot implements EngineSlot {
  readonly #options: EngineSlotOptions;
  #current: Promise<EngineProcess | undefined> = Promise.resolve(undefined);
  #wanted = new AbortController();
  #isEnding = false;
  #reporting: Promise<void> = Promise.resolve();

  constructor(options: EngineSlotOptions) {
    this.#options = options;
  }

  spawn(): void {
    this.#wanted = new AbortController();
    this.#current = this.#start(this.#wanted.signal);
    detach(this.#watch(this.#current));
  }

  report(reason: string): void {
    this.#reporting = this.#saveReport(reason);
  }

  end(limitMs: number): void {
    this.#wanted.abort(new Error('the engine is no longer wanted'));
    if (this.#isEnding) return detach(this.#end(limitMs));
    this.#isEnding = true;
    detach(this.#endForGood(limitMs));
  }

  /** Undefined where the spawn failed for good or was given up. */
  async #start(signal: AbortSignal): Promise<EngineProcess | undefined> {
    const { clock, random, spawnEngine, onSpawnFailed } = this.#options;
    const onRetry = (error: unknown, tries: number) => this.#delayed(error, tries);
    const retry = { clock, random, signal, limitMs: Infinity, doubtfulLimitMs: doubtfulTimeoutMs, onRetry };
    try {
      return await retryPassing(() => spawnEngine(signal), retry);
    } catch (error) {
      if (!signal.aborted) onSpawnFailed(spawnFailure(error));
      return undefined;
    }
  }

  #delayed(error: unknown, tries: number): void {
    const { log, onSpawnDelayed } = this.#options;
    log.warn({ op: 'engine.spawn', ok: false, tries, error: errorText(error) }, 'it is tried again');
    if (tries === 1) onSpawnDelayed(`the engine cannot be started yet; it is tried again: ${errorText(error)}`);
  }

  async #watch(started: Promise<EngineProcess | undefined>): Promise<void> {
    const { onSpawned, onStuck, onExited, explainExit } = this.#options;
    const engine = await started;
    if (!engine) return;
    onSpawned(engine.pid);
    detach(engine.stuck.then(onStuck));
    const exit = await engine.exited;
    // Its last output may be read only after its end was told, while the next engine starts.
    if (!this.#isEnding && this.#current === started) onExited(explainExit(exit));
  }

  /** Never rejects: an engine is ended also where nothing can be saved. */
  async #saveReport(reason: string): Promise<void> {
    const { log, saveHangReport, onReported } = this.#options;
    try {
      const engine = await this.#current;
      if (engine) onReported(await saveHangReport(reason, await engine.pids()));
    } catch (error) {
      log.warn({ op: 'engine.report', ok: false, error: errorText(error) }, 'cannot save what the hung engine shows');
    }
  }

  async #endForGood(limitMs: number): Promise<void> {
    await this.#reporting;
    await this.#end(limitMs);
    this.#isEnding = false;
    this.#current = Promise.resolve(undefined);
    this.#options.onGone();
  }

  /** Resolves when nothing is left of the engine, however often that has to be tried. */
  async #end(limitMs: number): Promise<void> {
    const { clock, log } = this.#options;
    const engine = await this.#current;
    for (let failures = 0; engine; failures += 1) {
      try {
        return await engine.end(limitMs);
      } catch (error) {
        log.error({ op: 'engine.end', ok: false, failures, error: errorText(error) }, 'cannot end the engine yet');
        await clock.sleep(endRetryIntervalMs);
      }
    }
  }
}

export function spawnFailure(error: unknown): EngineFailure {
  const hint = isCodedError(error) && error.hint !== undefined ? { hint: error.hint } : {};
  const lastLines = error instanceof PrologueFailed ? error.lastLines : [];
  const badNodes = error instanceof GpusUnfit && error.badNode !== undefined ? { badNodes: [error.badNode] } : {};
  return {
    message: errorText(error),
    ...hint,
    fatal: durationOf(error) !== 'passing',
    lastLines,
    ownCause: true,
    ...badNodes,
  };
}
