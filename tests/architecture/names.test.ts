import { describe, expect, it } from 'vitest';

import { houseFiles, houseText } from './house-files.ts';
import { isTestCode } from './judge-import.ts';
import { readExports } from './read-exports.ts';

/** Rooms for tests and tools name things after their own subjects. */
const toolRooms = /^packages\/(engine-sim|testkit)\//;

/** Names of one part that many things have, each with the reason. */
const generic: Readonly<Record<string, string>> = {
  transition: 'each state machine has one: its file says of which',
};

const files = houseFiles().filter(
  (file) => /^(apps|packages)\/[^/]+\/src\//.test(file) && !toolRooms.test(file) && !isTestCode(file),
);

describe('A name that a product file exports', () => {
  const filesByName = new Map<string, string[]>();
  for (const file of files)
    for (const name of readExports(houseText(file))) filesByName.set(name, [...(filesByName.get(name) ?? []), file]);

  it('stands for one thing in all packages and apps', { timeout: 120_000 }, () => {
    expect(filesByName.size).toBeGreaterThan(1000);
    const homonyms = [...filesByName].filter(([name, places]) => places.length > 1 && !(name in generic));
    expect(homonyms.map(([name, places]) => `${name}: ${places.join(', ')}`)).toEqual([]);
  });

  it('is on the list of generic names only while several files export it', () => {
    expect(Object.keys(generic).filter((name) => (filesByName.get(name)?.length ?? 0) < 2)).toEqual([]);
  });
});

describe('The names of a file', () => {
  it.each([
    ['export const a = 1, b = 2;', ['a', 'b']],
    ['export function f(): void {}', ['f']],
    ['export async function* g() {}', ['g']],
    ['export class C {}', ['C']],
    ['export interface I { x: number }', ['I']],
    ['export const s = 1; export type s = string;', ['s']],
    ["export { a as b } from './a.ts';", ['b']],
    ["export { type A as B } from './a.ts';", ['B']],
  ])('in %s', (text, names) => {
    expect(readExports(text)).toEqual(names);
  });

  it.each([["export { a } from './a.ts';"], ["export type { A } from './a.ts';"], ['const a = 1;']])(
    'are not those in %s',
    (text) => {
      expect(readExports(text)).toEqual([]);
    },
  );
});
