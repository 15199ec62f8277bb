// Which part of an engine over several nodes its start waits for. Pure.

import { defined } from '@fairlead/kit';
import { type InstanceState, type NodeProgress, type StartPhase, startPhase } from '@fairlead/protocol';
import { nameNode } from '../roster/roster.ts';
import type { SeenNode } from './open-nodes.ts';

/** Rank 0 gets here only when the others have loaded the model. What they print then says no more how far they are. */
const together = startPhase.options.indexOf('warming');

/**
 * The state with the phase of the slowest node, and the name of that node where it is another than rank 0. A rank without requests prints
 * little of its start: one that has said nothing, or has finished what it told last, does not count as slower.
 */
export function slowestOf(state: InstanceState, others: readonly SeenNode[]): InstanceState {
  if (state.status !== 'starting' || placeOf(state.phase) >= together) return state;
  const told = others.flatMap((node) => {
    const progress = progressOf(node);
    return progress && (progress.percent ?? 0) < 100 ? [{ node, progress }] : [];
  });
  const [slowest] = told.toSorted((a, b) => compare(a.progress, b.progress));
  if (!slowest || compare(slowest.progress, state) >= 0) return state;
  const { phase, percent, detail } = slowest.progress;
  const { percent: _, ...rest } = state;
  const where = nameNode(slowest.node);
  const words = detail === undefined ? where : `${where}, ${detail}`;
  return { ...rest, phase, detail: words.slice(0, maxDetailChars), ...defined({ percent }) };
}

const maxDetailChars = 100;

function progressOf({ life, progress }: SeenNode): NodeProgress | undefined {
  if (life.status !== 'joined' || life.part.status === 'none') return undefined;
  return life.part.status === 'starting' ? { phase: 'booting' } : progress;
}

/** Where the phase is the same, the percentage decides. */
function compare(a: NodeProgress, b: NodeProgress): number {
  const phases = placeOf(a.phase) - placeOf(b.phase);
  return phases !== 0 || a.percent === undefined || b.percent === undefined ? phases : a.percent - b.percent;
}

function placeOf(phase: StartPhase): number {
  return startPhase.options.indexOf(phase);
}
