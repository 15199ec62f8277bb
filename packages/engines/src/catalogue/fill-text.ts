// Fills the placeholders of a catalogue text. Pure.

import type { EngineSurroundings } from './failure-entry.ts';

export type Names = Readonly<Record<string, string | undefined>>;

/**
 * Replaces each `{name}`. If the value is unknown, drops a clause in parentheses or a last clause after a colon; elsewhere writes `<name>`.
 */
export function fillText(text: string, names: Names): string {
  return text
    .replaceAll(/ ?\(([^()]*)\)/g, (clause) =>
      placeholdersOf(clause).every((name) => names[name] !== undefined) ? clause : '',
    )
    .replace(/: \{(\w+)\}$/, (clause, name: string) => (names[name] === undefined ? '' : clause))
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => names[name] ?? `<${name}>`);
}

function placeholdersOf(text: string): string[] {
  return Array.from(text.matchAll(/\{(\w+)\}/g), ([, name]) => name!);
}

/** The names that every text may use. Absent: nothing is known about the node, and the engine is the default one. */
export function surroundingNames(surroundings?: EngineSurroundings): Names {
  const { engine = 'vllm', gpus = '', interfaces = [] } = surroundings ?? {};
  return {
    engine,
    gpus: gpus === '' ? '' : ` (CUDA_VISIBLE_DEVICES is ${gpus})`,
    interfaces: interfaces.length === 0 ? '' : ` This node has: ${interfaces.join(', ')}.`,
  };
}
