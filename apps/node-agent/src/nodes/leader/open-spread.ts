// How the engine of a job is started: on this node alone, in parts over all nodes, or on companions over all nodes.

import type { AgentDeps } from '../../agent-deps.ts';
import { LeadEngine } from '../../companion/lead-engine.ts';
import type { Engine } from '../../engine/open-engine.ts';
import type { LeaderNodes } from './open-nodes.ts';
import { spreadEngine } from './spread-engine.ts';

export interface SpreadParts {
  /** Undefined for a job of one node. */
  nodes: LeaderNodes | undefined;
  engine: Engine;
  deps: AgentDeps;
}

/** Disposing ends what stays between two starts of the engine. */
export function openSpread({ nodes, engine, deps }: SpreadParts): AsyncDisposable & Pick<Engine, 'spawn'> {
  const nothing = async () => undefined;
  if (!nodes) return { spawn: engine.spawn, [Symbol.asyncDispose]: nothing };
  const { explainExit } = engine;
  const parts = { ...deps, nodes, spawnPart: engine.spawn, explainExit };
  if (!engine.beside) return { spawn: spreadEngine(parts), [Symbol.asyncDispose]: nothing };
  const lead = new LeadEngine(parts);
  return { spawn: (signal) => lead.spawn(signal), [Symbol.asyncDispose]: () => lead[Symbol.asyncDispose]() };
}
