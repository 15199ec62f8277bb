// Finds where a file uses a global of the outside world: time, randomness, the process, the network, the console. Pure.

import { isNode, type Node, syntaxTree, visit } from './syntax-tree.ts';

/** `timers` are the functions that measure time; setImmediate, nextTick and queueMicrotask only order work. */
export type Effect = 'Date' | 'random' | 'timers' | 'process' | 'fetch' | 'console';

const globals: Readonly<Record<string, Effect>> = {
  performance: 'Date',
  setTimeout: 'timers',
  setInterval: 'timers',
  clearTimeout: 'timers',
  clearInterval: 'timers',
  process: 'process',
  fetch: 'fetch',
  console: 'console',
};
const modules: Readonly<Record<string, Effect>> = {
  'node:process': 'process',
  'node:timers': 'timers',
  'node:timers/promises': 'timers',
};
/** Exports that only order work. */
const ordering = new Set(['setImmediate', 'nextTick']);

/** A file without any of these words has no effect; most files are not parsed. A backslash may spell a name. */
const mayHaveEffect =
  /\b(?:Date|Math|AbortSignal|performance|process|fetch|console|(?:set|clear)(?:Timeout|Interval))\b|node:timers|\\u/;

/** A name that the file declares anywhere is not the global. */
export function findEffects(text: string): Set<Effect> {
  if (!mayHaveEffect.test(text)) return new Set();
  const tree = syntaxTree(text);
  const declared = declaredNames(tree);
  const found = new Set<Effect>();
  visit(tree, (node, parent) => {
    if (node.type === 'ImportDeclaration') {
      for (const effect of importedEffects(node)) found.add(effect);
      return;
    }
    if (node.type !== 'Identifier' || declared.has(nameOf(node)) || !isValue(node, parent)) return;
    const effect = effectOf(node, parent);
    if (effect) found.add(effect);
  });
  return found;
}

function effectOf(node: Node, parent: Node | undefined): Effect | undefined {
  const name = nameOf(node);
  const member = memberOf(node, parent);
  // `new Date(ms)` and `Date.parse` only compute; `new Date()` reads the clock.
  if (name === 'Date') return member === 'now' || isCallWithoutTime(node, parent) ? 'Date' : undefined;
  if (name === 'Math') return member === 'random' ? 'random' : undefined;
  if (name === 'AbortSignal') return member === 'timeout' ? 'timers' : undefined;
  return Object.hasOwn(globals, name) ? globals[name] : undefined;
}

function isCallWithoutTime(node: Node, parent: Node | undefined): boolean {
  if (parent?.['callee'] !== node) return false;
  return parent.type === 'CallExpression' || (parent['arguments'] as unknown[]).length === 0;
}

function memberOf(node: Node, parent: Node | undefined): string | undefined {
  if (parent?.type !== 'MemberExpression' || parent['object'] !== node || !isNode(parent['property'])) return undefined;
  return nameOf(parent['property']);
}

/** True when the name is neither the name of a property nor part of a type. */
function isValue(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return true;
  const isPropertyName = parent['property'] === node || (parent['key'] === node && parent['value'] !== node);
  if (isPropertyName && parent['computed'] !== true) return false;
  return !parent.type.startsWith('TS') || /^TS(As|NonNull|Satisfies)/.test(parent.type);
}

function importedEffects(node: Node): Effect[] {
  const source = isNode(node['source']) ? String(node['source']['value']) : '';
  const effect = modules[source];
  if (effect === undefined) return [];
  const names = (node['specifiers'] as Node[]).map((one) => (isNode(one['imported']) ? nameOf(one['imported']) : '*'));
  return names.every((name) => ordering.has(name)) ? [] : [effect];
}

function declaredNames(tree: Node): Set<string> {
  const names = new Set<string>();
  visit(tree, (node) => {
    for (const pattern of [node['id'], node['local'], ...(Array.isArray(node['params']) ? node['params'] : [])])
      if (isNode(pattern)) addNames(pattern, names);
  });
  return names;
}

function addNames(pattern: Node, names: Set<string>): void {
  if (pattern.type === 'Identifier') names.add(nameOf(pattern));
  const parts = [pattern['left'], pattern['argument'], pattern['properties'], pattern['elements']].flat();
  for (const part of parts) {
    if (!isNode(part)) continue;
    addNames(isNode(part['value']) ? part['value'] : part, names);
  }
}

function nameOf(node: Node): string {
  return String(node['name']);
}
