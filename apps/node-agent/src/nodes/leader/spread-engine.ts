// One engine over all nodes of the job, as the supervisor sees it: one process. Its parts start together and end together, those
// without requests after the one that answers them.

import type { EngineNode } from '@fairlead/engines';
import type { EngineFailure } from '@fairlead/engines/failures';
import { type Clock, detach, untilOver } from '@fairlead/kit';
import type { EngineExit, EngineProcess } from '../../engine/spawn-engine.ts';
import type { Gathered, LeaderNodes } from './open-nodes.ts';

export interface SpreadEngineOptions {
  nodes: Pick<LeaderNodes, 'gather' | 'end'>;
  /** Starts the part of this node. */
  spawnPart: (signal: AbortSignal, node: EngineNode) => Promise<EngineProcess>;
  /** Why the part of this node has failed, as far as its log says. */
  explainExit: (exit: EngineExit) => EngineFailure;
  clock: Clock;
}

/** What the parts on other nodes get after the server has ended: they answer no requests. */
const partLimitMs = 5_000;
/** The server has so long to end by itself before the parts that it computes with are ended too. */
const serverLeadMs = 2_000;
/**
 * A part that computes with one that is dead fails at its next step, and may be gone before the dead one's own process has ended: vLLM's
 * takes up to 2 s (measured with 0.32.0).
 */
const causeLimitMs = 2_000;

/** Resolves when every part has been started. Rejects as `spawnPart` does, when nothing is left on any node. */
export function spreadEngine({ nodes, spawnPart, explainExit, clock }: SpreadEngineOptions) {
  return async (signal: AbortSignal): Promise<EngineProcess> => {
    const gathered = await nodes.gather(signal);
    try {
      return joinParts(await spawnPart(signal, gathered.node), gathered, { nodes, explainExit, clock });
    } catch (error) {
      await nodes.end(0);
      throw error;
    }
  };
}

function joinParts(
  own: EngineProcess,
  { failed, stuck }: Gathered,
  { nodes, explainExit, clock }: Omit<SpreadEngineOptions, 'spawnPart'>,
): EngineProcess {
  let ending: Promise<void> | undefined;
  const endAll = async (limitMs: number) => {
    const server = own.end(limitMs);
    const lead = new AbortController();
    const late = untilOver(clock.sleep(Math.min(limitMs, serverLeadMs), lead.signal), lead.signal);
    await Promise.race([server, late]).finally(() => lead.abort());
    await Promise.all([server, nodes.end(Math.min(limitMs, partLimitMs))]);
  };
  return {
    pid: own.pid,
    pids: own.pids,
    exited: firstCause(own.exited, failed, { explainExit, clock, isEnding: () => ending !== undefined }),
    stuck: Promise.race([own.stuck, stuck]),
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

interface CauseOptions extends Pick<SpreadEngineOptions, 'explainExit' | 'clock'> {
  isEnding: () => boolean;
}

/**
 * Of two parts that fail in the same moment the one is told whose log has a cause of its own; where both have one or neither, the other
 * node's: the part of this node answers requests, and fails with any other.
 */
async function firstCause(
  own: Promise<EngineExit>,
  failed: Gathered['failed'],
  { explainExit, clock, isEnding }: CauseOptions,
): Promise<EngineExit> {
  const elsewhere = failed.then((failure): EngineExit => ({ code: null, signal: null, elsewhere: failure }));
  const first = await Promise.race([elsewhere, own]);
  const isOwn = (exit: EngineExit) => explainExit(exit).ownCause === true;
  const soon = <T>(wait: Promise<EngineExit>, late: T) => beforeLimit(wait, late, clock);
  if (first.elsewhere) {
    const soFar = explainExit(stillRuns);
    // An exception that the catalogue does not know may be one that the engine goes on after.
    const isDying = soFar.ownCause === true && soFar.known !== undefined;
    if (first.elsewhere.ownCause === true || !isDying) return first;
    // The other nodes lose its processes while it shuts down.
    return soon(own, stillRuns);
  }
  // Killed from outside: no consequence of another part's end.
  if (first.signal !== null || isEnding()) return first;
  const other = await soon(elsewhere, undefined);
  return other && (other.elsewhere?.ownCause === true || !isOwn(first)) ? other : first;
}

const stillRuns: EngineExit = { code: null, signal: null };

async function beforeLimit<T>(wait: Promise<EngineExit>, late: T, clock: Clock): Promise<EngineExit | T> {
  const limit = new AbortController();
  const over = untilOver(clock.sleep(causeLimitMs, limit.signal), limit.signal).then(() => late);
  return Promise.race([wait, over]).finally(() => limit.abort());
}
