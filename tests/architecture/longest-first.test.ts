import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { longest, LongestFirst } from '@fairlead/scripts/longest-first';
import { expect, it } from 'vitest';
import type { TestSpecification, Vitest } from 'vitest/node';

import { root } from './house-files.ts';

it('The list of the longest test files names existing files, each once', () => {
  expect(longest.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(new Set(longest).size).toBe(longest.length);
});

it('The longest test files of a project run first, and its projects stay in their order', async () => {
  const context = { cache: { getTestSpecificationResult: () => undefined } } as unknown as Vitest;
  const fileOf = (name: string, path: string) =>
    ({
      moduleId: join(root, path),
      project: { name, config: { sequence: { groupOrder: 0 }, isolate: false } },
    }) as unknown as TestSpecification;
  const [first = '', second = ''] = longest;
  const short = 'tests/architecture/longest-first.test.ts';
  const files = [fileOf('b', first), fileOf('a', short), fileOf('a', second), fileOf('b', short), fileOf('a', first)];
  const sorted = await new LongestFirst(context).sort(files);
  expect(sorted.map(({ project, moduleId }) => [project.name, moduleId.slice(root.length)])).toEqual([
    ['a', first],
    ['a', second],
    ['a', short],
    ['b', first],
    ['b', short],
  ]);
});
