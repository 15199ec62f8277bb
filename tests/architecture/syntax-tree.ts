// The syntax tree of a TypeScript file, with the loose types that the guards need.

import { parseAst } from 'vitest/node';

export interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

/** The last one: several guards ask for the tree of one file in a row. */
let latest: { text: string; tree: Node } | undefined;

/** Throws on a syntax error. The caller must not change the tree. */
export function syntaxTree(text: string): Node {
  if (latest?.text !== text) latest = { text, tree: parseAst(text, { lang: 'ts' }) as unknown as Node };
  return latest.tree;
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
