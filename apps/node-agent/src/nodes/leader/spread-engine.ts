// One engine over all nodes of the job, as the supervisor sees it: one process. Its parts start together and end together, those
// without requests after the one that answers them.

import type { EngineNode } from '@fairlead/engines';
import { type Clock, detach, untilOver } from '@fairlead/kit';
import type { EngineExit, EngineProcess } from '../../engine/spawn-engine.ts';
import type { Gathered, LeaderNodes } from './open-nodes.ts';

export interface SpreadEngineOptions {
  nodes: Pick<LeaderNodes, 'gather' | 'end'>;
  /** Starts the part of this node. */
  spawnPart: (signal: AbortSignal, node: EngineNode) => Promise<EngineProcess>;
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
export function spreadEngine({ nodes, spawnPart, clock }: SpreadEngineOptions) {
  return async (signal: AbortSignal): Promise<EngineProcess> => {
    const gathered = await nodes.gather(signal);
    try {
      return joinParts(await spawnPart(signal, gathered.node), gathered, { nodes, clock });
    } catch (error) {
      await nodes.end(0);
      throw error;
    }
  };
}

function joinParts(
  own: EngineProcess,
  { failed, stuck }: Gathered,
  { nodes, clock }: Pick<SpreadEngineOptions, 'nodes' | 'clock'>,
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
    exited: firstCause(own.exited, failed, { clock, isEnding: () => ending !== undefined }),
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

/** Of two parts that fail in the same moment the other node's is told: that of this node answers requests, and fails with any other. */
async function firstCause(
  own: Promise<EngineExit>,
  failed: Gathered['failed'],
  { clock, isEnding }: { clock: Clock; isEnding: () => boolean },
): Promise<EngineExit> {
  const elsewhere = failed.then((failure): EngineExit => ({ code: null, signal: null, elsewhere: failure }));
  const first = await Promise.race([elsewhere, own]);
  // Killed from outside: no consequence of another part's end.
  if (first.elsewhere || first.signal !== null || isEnding()) return first;
  const limit = new AbortController();
  const late = untilOver(clock.sleep(causeLimitMs, limit.signal), limit.signal).then(() => first);
  return Promise.race([elsewhere, late]).finally(() => limit.abort());
}
