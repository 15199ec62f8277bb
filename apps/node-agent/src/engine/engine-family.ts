// Keeps track of an engine's processes over time: one that is known stays known when its parent in the family dies.

import { type Clock, errorText, type Log, untilOver } from '@fairlead/kit';
import { sharedMemoryOf } from './shared-memory.ts';
import { type EngineIdentity, findProcesses, type Found } from './find-processes.ts';

export interface EngineFamilyOptions {
  pid: number;
  marker: string;
  clock: Clock;
  log: Log;
  /** Default: the look into /proc. */
  find?: ((identity: EngineIdentity) => Promise<Found>) | undefined;
}

export interface EngineFamily {
  /** Pid and process group of the engine. */
  readonly pid: number;
  /**
   * The processes of the engine that live now, also remembered for later looks. Undefined when that cannot be told: the
   * look failed, or took longer than `limitMs`. Never rejects; one look runs at a time.
   */
  look: (limitMs: number) => Promise<Found | undefined>;
  /** Files of shared memory that its processes had at any look. */
  readonly sharedMemory: ReadonlySet<string>;
}

export function createEngineFamily(options: EngineFamilyOptions): EngineFamily {
  const { pid, marker, clock, log, find = findProcesses } = options;
  const known: Found = new Map();
  const sharedMemory = new Set<string>();
  let looking: Promise<Found | undefined> | undefined;
  let failures = 0;

  async function lookOnce(): Promise<Found | undefined> {
    try {
      const found = await find({ pid, marker, known });
      for (const [one, startTime] of found) known.set(one, startTime);
      for (const path of await sharedMemoryOf(found.keys())) sharedMemory.add(path);
      if (failures > 0) log.info({ op: 'engine.look', ok: true, failures }, 'can look into /proc again');
      failures = 0;
      return found;
    } catch (error) {
      failures += 1;
      if (failures === 1) log.warn({ op: 'engine.look', ok: false, error: errorText(error) }, 'cannot look into /proc');
      return undefined;
    } finally {
      looking = undefined;
    }
  }

  return {
    pid,
    sharedMemory,
    async look(limitMs) {
      // A read of /proc can block while the process that it reads is blocked; a second look would block as well.
      looking ??= lookOnce();
      const limit = new AbortController();
      const late = untilOver(clock.sleep(limitMs, limit.signal), limit.signal).then(() => undefined);
      const found = await Promise.race([looking, late]);
      limit.abort();
      return found;
    },
  };
}
