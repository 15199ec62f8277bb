// Some idioms have one helper: no other source contains the hand-written form.

import { readFile } from 'node:fs/promises';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = ['apps/*/src/**/*.ts', 'packages/*/src/**/*.ts'];

async function filesWith(text: string | RegExp): Promise<string[]> {
  const found: string[] = [];
  for await (const path of glob(sources, { cwd: root, exclude: (name) => name === 'node_modules' })) {
    if (path.includes('/testing/') || path.endsWith('.test.ts')) continue;
    const source = await readFile(join(root, path), 'utf8');
    if (typeof text === 'string' ? source.includes(text) : text.test(source)) found.push(path);
  }
  return found;
}

it("Only kit's shellQuote quotes a word for a shell", async () => {
  expect(await filesWith(String.raw`'\\''`)).toEqual(['packages/kit/src/shell.ts']);
});

it('No source joins streams with a bare pipe', async () => {
  expect(await filesWith('.pipe(')).toEqual([]);
});

it('No constant is written in capitals: constants are camelCase in every room', async () => {
  expect(
    await filesWith(/^ *(?:export )?const [A-Z][A-Z0-9_]+\b|\b[a-z]\w* as [A-Z][A-Z0-9]*_[A-Z0-9_]*\b *[,}]/m),
  ).toEqual([]);
});
