import { describe, expect, it } from 'vitest';

import { houseFiles, houseText } from './house-files.ts';
import { isTestCode } from './judge-import.ts';
import { type Node, syntaxTree, visit } from './syntax-tree.ts';

const maxFileLines = 400;
const maxFunctionLines = 60;
const maxMedianLines = 80;
const maxNinetiethLines = 250;

const lineCount = (text: string) => text.replace(/\n$/, '').split('\n').length;

describe('The size of a file', () => {
  const sizes = houseFiles().map((file) => ({ file, lines: lineCount(houseText(file)) }));
  const sorted = sizes.map(({ lines }) => lines).toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.floor(share * sorted.length)];

  it(`is at most ${maxFileLines} lines`, () => {
    expect(sizes.filter(({ lines }) => lines > maxFileLines)).toEqual([]);
  });

  it(`is at most ${maxMedianLines} lines for half of them, and ${maxNinetiethLines} for nine in ten`, () => {
    expect(quantile(0.5)).toBeLessThanOrEqual(maxMedianLines);
    expect(quantile(0.9)).toBeLessThanOrEqual(maxNinetiethLines);
  });
});

describe('The size of a function', () => {
  it(`is at most ${maxFunctionLines} lines outside tests`, { timeout: 120_000 }, () => {
    const files = houseFiles().filter((file) => !isTestCode(file));
    expect(files.flatMap((file) => longFunctions(file, houseText(file)))).toEqual([]);
  });

  it.each([
    ['a declaration', 'function f() {', '}'],
    ['an arrow', 'const f = () => {', '};'],
    ['a method', 'class C { m() {', '} }'],
    ['an async generator within a call', 'run(async function* () {', '});'],
  ])('is counted in %s', (_, begin, end) => {
    const body = (lines: number) => [begin, ...Array.from({ length: lines }, () => 'x();'), end].join('\n');
    expect(longFunctions('x.ts', body(maxFunctionLines - 2))).toEqual([]);
    expect(longFunctions('x.ts', body(maxFunctionLines - 1))).toEqual([`x.ts:1: ${maxFunctionLines + 1} lines`]);
  });
});

const functions = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

function longFunctions(file: string, text: string): string[] {
  // A function is no longer than its file.
  if (lineCount(text) <= maxFunctionLines) return [];
  const found: string[] = [];
  visit(syntaxTree(text), (node: Node) => {
    if (!functions.has(node.type)) return;
    const lines = lineCount(text.slice(node.start, node.end));
    if (lines > maxFunctionLines) found.push(`${file}:${lineCount(text.slice(0, node.start))}: ${lines} lines`);
  });
  return found;
}
