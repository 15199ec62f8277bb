// The syntax tree of a TypeScript file, with the loose types that the guards need.

import { parseAst } from 'vitest/node';

export interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

/** Throws on a syntax error. */
export function syntaxTree(text: string): Node {
  return parseAst(text, { lang: 'ts' }) as unknown as Node;
}

/** Visits parents before children. */
export function visit(node: Node, see: (node: Node, parent: Node | undefined) => void, parent?: Node): void {
  see(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) visit(child, see, node);
    }
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
