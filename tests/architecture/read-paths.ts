// The paths into the repository that a file names as text, and so reaches past the doors of packages. Imports are not among them. Pure.

import { dirname, join } from 'node:path/posix';

import { syntaxTree, visit } from './syntax-tree.ts';

const rooms = /^(apps|packages|infra|tests)\/[\w-]+\/[\w./-]+$|^(bench|scripts|examples)\/[\w./-]+$/;

export interface NamedPath {
  text: string;
  /** From the root of the repository. */
  path: string;
}

export function readPaths(file: string, text: string): NamedPath[] {
  const found: NamedPath[] = [];
  visit(syntaxTree(text), (node, parent) => {
    if (node.type !== 'Literal' || typeof node['value'] !== 'string' || parent?.['source'] === node) return;
    const value = node['value'];
    const path = value.startsWith('.') ? join(dirname(file), value) : value;
    if (value.includes('/') && rooms.test(path)) found.push({ text: value, path });
  });
  return found;
}
