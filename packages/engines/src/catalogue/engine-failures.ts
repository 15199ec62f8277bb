// The whole catalogue of failures: those of any node, and those of each engine. Apart from the engine kinds, which every command
// loads: the catalogue is larger than they are.

import type { FailureWords } from '../judge/failure-words.ts';
import { vllmFailures } from '../vllm/vllm-failures.ts';
import type { FailureEntry } from './failure-entry.ts';
import { nodeFailures } from './node-failures.ts';

/** The simulator fails in the words of vLLM. */
const failuresOfEngines: Readonly<Record<string, FailureWords>> = { vllm: vllmFailures, sim: vllmFailures };

/** The words of an engine about its end, by the name of its kind; an engine that has none of its own fails as any program does. */
export function failureWordsOf(engine: string): FailureWords {
  return failuresOfEngines[engine] ?? { known: [] };
}

/** Tried in this order, so that a full disk is found before the model's file that could not be written to it. */
export const failureCatalogue: readonly FailureEntry[] = [
  ...nodeFailures,
  ...[...new Set(Object.values(failuresOfEngines))].flatMap(({ known }) => known),
];
