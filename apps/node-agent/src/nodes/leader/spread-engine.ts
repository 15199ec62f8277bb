// One engine over all nodes of the job, as the supervisor sees it: one process. Its parts start together and end together, those
// without requests after the one that answers them.

import type { EngineNode } from '@fairlead/engines';
import type { EngineFailure } from '@fairlead/engines/failures';
import { type Clock, detach, untilOver } from '@fairlead/kit';
import type { EngineExit, EngineProcess } from '../../engine/spawn-engine.ts';
import type { ProbeEvent } from '../../health/prober.ts';
import { accusePeer, findCause, type PartFailure, type PartNames } from './first-cause.ts';
import type { Gathered, LeaderNodes } from './open-nodes.ts';

export interface SpreadEngineOptions {
  nodes: Pick<LeaderNodes, 'gather' | 'end' | 'nameOf' | 'rankAt'>;
  /** Starts the part of this node. */
  spawnPart: (signal: AbortSignal, node: EngineNode) => Promise<EngineProcess>;
  /** Why the part of this node ended that was not told to. */
  explainExit: (exit: EngineExit) => EngineFailure;
  clock: Clock;
}

export interface SpreadEngine {
  /** Resolves when every part has been started. Rejects as `spawnPart` does, when nothing is left on any node. */
  spawn: (signal: AbortSignal) => Promise<EngineProcess>;
  /**
   * What a probe has found of the server. True where that may be the consequence of a part's end: `exited` tells the cause then, soon.
   */
  explains: (probe: ProbeEvent['type']) => boolean;
}

/** What the parts on other nodes get after the server has ended: they answer no requests. */
const partLimitMs = 5_000;
/** The server has so long to end by itself before the parts that it computes with are ended too. */
const serverLeadMs = 2_000;
/**
 * How long a part that is the cause may take to tell of its end after another one has failed of it: vLLM's process takes 2 to 4 s to end
 * after one of its own was killed, where its lines do not foretell that (measured with 0.32.0 on busy hosts).
 */
const causeLimitMs = 5_000;
/** The same where the log of the part that has failed says nothing of another one. */
const plainLimitMs = 500;

/** A server that is closed, and whose process has not ended. */
const closedExit: EngineExit = { code: null, signal: null };

export function spreadEngine(options: SpreadEngineOptions): SpreadEngine {
  const { nodes, spawnPart, explainExit } = options;
  let closed = Promise.withResolvers<EngineExit>();
  let causes: Causes | undefined;
  return {
    async spawn(signal) {
      closed = Promise.withResolvers();
      causes = undefined;
      const gathered = await nodes.gather(signal);
      try {
        const own = await spawnPart(signal, gathered.node);
        causes = new Causes({ ...options, ownLog: () => ownFailure(closedExit, options) });
        return joinParts(own, { gathered, causes, closed: closed.promise }, options);
      } catch (error) {
        await nodes.end(0);
        throw error;
      }
    },
    explains(probe) {
      if (causes?.isOpen) return probe === 'probe.closed' || probe === 'probe.hung' || probe === 'probe.doubtful';
      if (probe !== 'probe.closed' || explainExit(closedExit).peer === undefined) return false;
      closed.resolve(closedExit);
      return true;
    },
  };
}

interface JoinedParts {
  gathered: Gathered;
  causes: Causes;
  closed: Promise<EngineExit>;
}

function joinParts(
  own: EngineProcess,
  { gathered, causes, closed }: JoinedParts,
  { nodes, explainExit, clock }: SpreadEngineOptions,
): EngineProcess {
  let ending: Promise<void> | undefined;
  const endAll = async (limitMs: number) => {
    const server = own.end(limitMs);
    const lead = new AbortController();
    const late = untilOver(clock.sleep(Math.min(limitMs, serverLeadMs), lead.signal), lead.signal);
    await Promise.race([server, late]).finally(() => lead.abort());
    await Promise.all([server, nodes.end(Math.min(limitMs, partLimitMs))]);
  };
  gathered.onFailed((failed) => causes.take(failed));
  const ownEnd = Promise.race([own.exited, closed]).then((exit) => {
    if (ending) return exit;
    causes.take({ rank: 0, failure: ownFailure(exit, { nodes, explainExit }) });
    return undefined;
  });
  return {
    pid: own.pid,
    pids: own.pids,
    exited: Promise.race([causes.told, ownEnd.then((exit) => exit ?? causes.told)]),
    stuck: Promise.race([own.stuck, gathered.stuck]),
    end(limitMs) {
      if (ending) detach(own.end(limitMs));
      ending ??= endAll(limitMs).catch((error: unknown) => {
        ending = undefined;
        throw error;
      });
      return ending;
    },
  };
}

function ownFailure(
  exit: EngineExit,
  { nodes, explainExit }: Pick<SpreadEngineOptions, 'nodes' | 'explainExit'>,
): EngineFailure {
  const failure = explainExit(exit);
  return { ...failure, message: `${nodes.nameOf(0)}: ${failure.message}` };
}

interface CausesOptions {
  nodes: Pick<LeaderNodes, 'nameOf' | 'rankAt'>;
  /** What the log of this node's part says while that still runs. */
  ownLog: () => EngineFailure;
  clock: Clock;
}

/** Takes the failures of all parts, until the cause is among them or the time for it is over. */
class Causes {
  readonly #options: CausesOptions;
  readonly #failures: PartFailure[] = [];
  readonly #told = Promise.withResolvers<EngineExit>();
  readonly #over = new AbortController();

  constructor(options: CausesOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  get told(): Promise<EngineExit> {
    return this.#told.promise;
  }

  /** A part has failed, and its cause is not told yet. */
  get isOpen(): boolean {
    return this.#failures.length > 0 && !this.#over.signal.aborted;
  }

  take(failed: PartFailure): void {
    this.#failures.push(failed);
    const cause = findCause(this.#failures);
    if (cause) this.#tell(cause);
    else if (this.#failures.length === 1) detach(this.#wait(failed.failure.peer ? causeLimitMs : plainLimitMs));
  }

  async #wait(limitMs: number): Promise<void> {
    const { nodes, ownLog, clock } = this.#options;
    const { signal } = this.#over;
    await untilOver(clock.sleep(limitMs, signal), signal);
    if (signal.aborted) return;
    const own = this.#failures.some(({ rank }) => rank === 0) ? undefined : ownLog();
    // An exception that the catalogue does not know may be one that the engine goes on after.
    if (own?.ownCause === true && own.known !== undefined) return this.#tell(own);
    const names: PartNames = { rankAt: (address) => nodes.rankAt(address), nameOf: (rank) => nodes.nameOf(rank) };
    const accused = accusePeer(this.#failures, names);
    if (accused) this.#tell(accused);
  }

  #tell(elsewhere: EngineFailure): void {
    this.#over.abort();
    this.#told.resolve({ code: null, signal: null, elsewhere });
  }
}
