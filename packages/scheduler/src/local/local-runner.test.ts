import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('the runner needs nothing but Node, kit, zod and its siblings: it starts without a build and bundles into one file', async () => {
  const seen = new Set<string>();
  const outside = new Set<string>();
  const follow = async (url: URL): Promise<void> => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    for (const [, specifier = ''] of (await readFile(url, 'utf8')).matchAll(/^(?:import|\} from) ?.*?'([^']+)';$/gm)) {
      if (specifier.startsWith('.')) await follow(new URL(specifier, url));
      else if (!specifier.startsWith('node:')) outside.add(specifier);
    }
  };
  await follow(new URL('./local-runner.ts', import.meta.url));
  expect([...seen].map((href) => href.split('/').at(-1))).toContain('process-table.ts');
  expect([...outside].toSorted()).toEqual(['@fairlead/kit', 'zod']);
});
