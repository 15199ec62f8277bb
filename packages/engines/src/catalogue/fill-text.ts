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
  const { engine = 'vllm', gpus = '', interfaces = [], nodes = [] } = surroundings ?? {};
  return {
    engine,
    gpus: gpus === '' ? '' : ` (CUDA_VISIBLE_DEVICES is ${gpus})`,
    interfaces: interfaceWords(interfaces, nodes),
  };
}

const maxShownNodes = 4;

function interfaceWords(own: readonly string[], nodes: NonNullable<EngineSurroundings['nodes']>): string {
  if (nodes.length < 2) return own.length === 0 ? '' : ` This node has: ${own.join(', ')}.`;
  const shown = nodes
    .slice(0, maxShownNodes)
    .map(({ host, interfaces }) => `${host} has ${interfaces.join(', ') || 'none'}`);
  return ` Interfaces: ${[...shown, ...(nodes.length > maxShownNodes ? ['…'] : [])].join('; ')}.`;
}
