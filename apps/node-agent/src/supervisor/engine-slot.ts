// Room for one engine: spawned, then ended, then gone. Says what becomes of it; an end that comes during a spawn waits.

import { detach, errorText, isCodedError, type Log } from '@fairlead/kit';
import { classifyFailure } from '../engine/classify-failure.ts';
import type { EngineExit, EngineProcess } from '../engine/spawn-engine.ts';
import type { EngineFailure } from './supervisor-state.ts';

export interface EngineSlotOptions {
  spawnEngine: () => Promise<EngineProcess>;
  lastLines: () => readonly string[];
  log: Log;
  onSpawned: (pid: number) => void;
  onSpawnFailed: (failure: EngineFailure) => void;
  /** It ended and nobody had asked it to. */
  onExited: (failure: EngineFailure) => void;
  onGone: () => void;
}

export interface EngineSlot {
  spawn: () => void;
  end: (limitMs: number) => void;
}

export function createEngineSlot(options: EngineSlotOptions): EngineSlot {
  let current: Promise<EngineProcess | undefined> = Promise.resolve(undefined);
  let ending = false;

  async function start(): Promise<EngineProcess | undefined> {
    try {
      return await options.spawnEngine();
    } catch (error) {
      const hint = isCodedError(error) && error.hint !== undefined ? { hint: error.hint } : {};
      options.onSpawnFailed({ message: errorText(error), ...hint, fatal: true, lastLines: [] });
      return undefined;
    }
  }

  async function watch(started: Promise<EngineProcess | undefined>): Promise<void> {
    const engine = await started;
    if (!engine) return;
    options.onSpawned(engine.pid);
    const exit: EngineExit = await engine.exited;
    if (!ending) options.onExited(classifyFailure({ ...exit, lines: options.lastLines() }));
  }

  async function end(limitMs: number): Promise<void> {
    const engine = await current;
    try {
      await engine?.end(limitMs);
    } catch (error) {
      options.log.error({ op: 'engine.end', ok: false, error: errorText(error) }, 'cannot end the engine cleanly');
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
      current = start();
      detach(watch(current));
    },
    end(limitMs) {
      // A second call joins the end under way and may only shorten it.
      if (ending) return detach(end(limitMs));
      ending = true;
      detach(endForGood(limitMs));
    },
  };
}
