// The imports of a file, including type imports and dynamic ones. Pure.

import { dirname, join } from 'node:path/posix';

import { isNode, type Node, syntaxTree, visit } from './syntax-tree.ts';

export interface Import {
  /** The importing file, as a path from the root. */
  file: string;
  specifier: string;
  /** For a relative import: its target, as a path from the root. */
  path: string | undefined;
}

/** Nodes with a `source` that is a module's name. */
const importing = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

export function readImports(file: string, text: string): Import[] {
  const found: Import[] = [];
  visit(syntaxTree(text), (node) => {
    const specifier = importing.has(node.type) ? moduleName(node['source']) : resolvedName(node);
    if (specifier === undefined) return;
    found.push({ file, specifier, path: specifier.startsWith('.') ? join(dirname(file), specifier) : undefined });
  });
  return found;
}

/** The name in `import.meta.resolve('…')`. */
function resolvedName(node: Node): string | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const { callee, arguments: args } = node;
  if (!isNode(callee) || callee.type !== 'MemberExpression' || !isNode(callee['object'])) return undefined;
  if (callee['object'].type !== 'MetaProperty' || !isNode(callee['property'])) return undefined;
  return callee['property']['name'] === 'resolve' && Array.isArray(args) ? moduleName(args[0]) : undefined;
}

function moduleName(source: unknown): string | undefined {
  return isNode(source) && source.type === 'Literal' && typeof source['value'] === 'string'
    ? source['value']
    : undefined;
}
