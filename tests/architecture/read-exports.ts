// The names that a file gives to what it exports. Pure. A name that is passed on from another file is not its own, unless it changes on the way.

import { isNode, type Node, syntaxTree } from './syntax-tree.ts';

export function readExports(text: string): string[] {
  const body = syntaxTree(text)['body'];
  const names = nodesOf(body).flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration') return [];
    return [...declaredBy(statement['declaration']), ...nodesOf(statement['specifiers']).flatMap(renamedBy)];
  });
  return [...new Set(names)];
}

function declaredBy(declaration: unknown): string[] {
  if (!isNode(declaration)) return [];
  if (declaration.type === 'VariableDeclaration')
    return nodesOf(declaration['declarations']).flatMap(({ id }) => (isNode(id) ? nameOf(id) : []));
  return isNode(declaration['id']) ? nameOf(declaration['id']) : [];
}

function renamedBy({ local, exported }: Node): string[] {
  if (!isNode(local) || !isNode(exported)) return [];
  const [name = '', given = ''] = [...nameOf(local), ...nameOf(exported)];
  return name === given ? [] : [given];
}

function nameOf(node: Node): string[] {
  return typeof node['name'] === 'string' ? [node['name']] : [];
}

function nodesOf(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}
