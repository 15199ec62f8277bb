// Room for one engine: spawned, then ended, then gone. Says what becomes of it. A spawn that meets a passing condition is
// tried again until it works or an end is ordered; the end then does not wait for what has not been started.

import type { EngineFailure } from '@fairlead/engines';
import { type Clock, detach, durationOf, errorText, isCodedError, type Log, retryPassing } from '@fairlead/kit';
import type { EngineExit, EngineProcess } from '../engine/spawn-engine.ts';

export interface EngineSlotOptions {
  /** The signal fires when the engine is no longer wanted; a process that it has started by then is handed over all the same. */
  spawnEngine: (signal: AbortSignal) => Promise<EngineProcess>;
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
  spawn: () => void;
  end: (limitMs: number) => void;
}

const doubtfulTimeoutMs = 10_000;
const endRetryIntervalMs = 1_000;

export function createEngineSlot(options: EngineSlotOptions): EngineSlot {
  const { clock, random, log } = options;
  let current: Promise<EngineProcess | undefined> = Promise.resolve(undefined);
  let wanted = new AbortController();
  let ending = false;

  async function start(signal: AbortSignal): Promise<EngineProcess | undefined> {
    const onRetry = (error: unknown, tries: number) => {
      log.warn({ op: 'engine.spawn', ok: false, tries, error: errorText(error) }, 'it is tried again');
      if (tries === 1)
        options.onSpawnDelayed(`the engine cannot be started yet; it is tried again: ${errorText(error)}`);
    };
    const retry = { clock, random, signal, limitMs: Infinity, doubtfulLimitMs: doubtfulTimeoutMs, onRetry };
    try {
      return await retryPassing(() => options.spawnEngine(signal), retry);
    } catch (error) {
      if (signal.aborted) return undefined;
      const hint = isCodedError(error) && error.hint !== undefined ? { hint: error.hint } : {};
      const fatal = durationOf(error) !== 'passing';
      options.onSpawnFailed({ message: errorText(error), ...hint, fatal, lastLines: [] });
      return undefined;
    }
  }

  async function watch(started: Promise<EngineProcess | undefined>): Promise<void> {
    const engine = await started;
    if (!engine) return;
    options.onSpawned(engine.pid);
    detach(engine.stuck.then(options.onStuck));
    const exit = await engine.exited;
    if (!ending) options.onExited(options.explainExit(exit));
  }

  /** Resolves when nothing is left of the engine, however often that has to be tried. */
  async function end(limitMs: number): Promise<void> {
    const engine = await current;
    for (let failures = 0; engine; failures += 1) {
      try {
        return await engine.end(limitMs);
      } catch (error) {
        log.error({ op: 'engine.end', ok: false, failures, error: errorText(error) }, 'cannot end the engine yet');
        await clock.sleep(endRetryIntervalMs);
      }
    }
  }

  async function endForGood(limitMs: number): Promise<void> {
    await end(limitMs);
    ending = false;
    current = Promise.resolve(undefined);
    options.onGone();
  }

  return {
    spawn() {
      wanted = new AbortController();
      current = start(wanted.signal);
      detach(watch(current));
    },
    end(limitMs) {
      wanted.abort(new Error('the engine is no longer wanted'));
      // A second call joins the end under way and may only shorten it.
      if (ending) return detach(end(limitMs));
      ending = true;
      detach(endForGood(limitMs));
    },
  };
}
