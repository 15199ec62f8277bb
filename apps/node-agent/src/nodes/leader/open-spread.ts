// How the engine of a job is started: on this node alone, in parts over all nodes, or on companions over all nodes.

import type { AgentDeps } from '../../agent-deps.ts';
import { LeadEngine } from '../../companion/lead-engine.ts';
import type { Engine } from '../../engine/open-engine.ts';
import type { LeaderNodes } from './open-nodes.ts';
import { type SpreadEngine, spreadEngine } from './spread-engine.ts';

export interface SpreadParts {
  /** Undefined for a job of one node. */
  nodes: LeaderNodes | undefined;
  engine: Engine;
  deps: AgentDeps;
}

/** Disposing ends what stays between two starts of the engine. */
export type Spread = AsyncDisposable & SpreadEngine;

export function openSpread({ nodes, engine, deps }: SpreadParts): Spread {
  const alone = { explains: () => false, [Symbol.asyncDispose]: async () => undefined };
  if (!nodes) return { ...alone, spawn: engine.spawn };
  const parts = { ...deps, nodes, spawnPart: engine.spawn, explainExit: engine.explainExit };
  if (!engine.beside) return { ...alone, ...spreadEngine(parts) };
  const lead = new LeadEngine(parts);
  return { ...alone, spawn: (signal) => lead.spawn(signal), [Symbol.asyncDispose]: () => lead[Symbol.asyncDispose]() };
}
