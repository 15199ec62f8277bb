// Fills the placeholders of a catalogue text. Pure.

import type { EngineSurroundings } from './failure-entry.ts';

export type Names = Readonly<Record<string, string | undefined>>;

/**
 * A name that is not known leaves its clause out where it stands in parentheses or at the end after a colon, and is `<name>` elsewhere.
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

/** What every text may name. Absent: nothing is known of the node, and the default engine is meant. */
export function surroundingNames(surroundings?: EngineSurroundings): Names {
  const { engine = 'vllm', gpus = '', interfaces = [] } = surroundings ?? {};
  return {
    engine,
    gpus: gpus === '' ? '' : ` (CUDA_VISIBLE_DEVICES is ${gpus})`,
    interfaces: interfaces.length === 0 ? '' : ` This node has: ${interfaces.join(', ')}.`,
  };
}
