// Some idioms have one helper: no other source contains the hand-written form.

import { readFile } from 'node:fs/promises';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = ['apps/*/src/**/*.ts', 'packages/*/src/**/*.ts'];

async function filesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const path of glob(sources, { cwd: root, exclude: (name) => name === 'node_modules' })) {
    if (path.includes('/testing/') || path.endsWith('.test.ts')) continue;
    if ((await readFile(join(root, path), 'utf8')).includes(text)) found.push(path);
  }
  return found;
}

it("Only kit's shellQuote quotes a word for a shell", async () => {
  expect(await filesWith(String.raw`'\\''`)).toEqual(['packages/kit/src/shell.ts']);
});

it('No source joins streams with a bare pipe', async () => {
  expect(await filesWith('.pipe(')).toEqual([]);
});
