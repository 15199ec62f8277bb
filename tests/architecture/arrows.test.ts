import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { type Arrow, ARROWS, THIRD_PARTY } from './arrows.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Import {
  file: string;
  specifier: string;
  /** Path from the root, for what is ours. */
  target: string | undefined;
}

const folders = new Map<string, string>(
  ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => [`@fairlead/${name}`, `${group}/${name}`] as const),
  ),
);

function importsOf(text: string, file: string): Import[] {
  const found = text.matchAll(/(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)/g);
  return [...found].map((match) => {
    const specifier = match[1] ?? match[2] ?? '';
    return { file, specifier, target: targetOf(specifier, file) };
  });
}

function targetOf(specifier: string, file: string): string | undefined {
  if (specifier.startsWith('.')) return relative(root, resolve(root, dirname(file), specifier));
  return folders.get(specifier.split('/').slice(0, 2).join('/'));
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /^(?:[^/]+\/)?src\/.*\.ts$/.test(name) && !/\.(test|contract)\.ts$|testing\.ts$/.test(name))
    .map((name) => join(folder, name));
}

const files = ['packages', 'apps'].flatMap(sources);
const imports = files.flatMap((file) => importsOf(readFileSync(join(root, file), 'utf8'), file));

function breaks(arrow: Arrow, { file, target }: Import): boolean {
  const own = file.split('/').slice(0, 2).join('/');
  if (target === undefined || !`${file}/`.startsWith(`${arrow.from}/`)) return false;
  return `${target}/`.startsWith(`${arrow.mustNot}/`) && !`${target}/`.startsWith(`${own}/`);
}

describe('The arrows of the architecture', () => {
  it('are held against more than a hundred files', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(imports.length).toBeGreaterThan(files.length);
  });

  it.each(ARROWS)('$from does not import $mustNot', (arrow) => {
    const broken = imports.filter((one) => breaks(arrow, one)).map((one) => `${one.file} imports ${one.specifier}`);
    expect(broken, `because ${arrow.because}`).toEqual([]);
  });

  it.each(Object.entries(THIRD_PARTY))('%s imports only the third-party packages it may', (part, allowed) => {
    const foreign = imports
      .filter(
        ({ file, target, specifier }) =>
          file.startsWith(`${part}/`) && target === undefined && !specifier.startsWith('node:'),
      )
      .map(({ specifier }) =>
        specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/'),
      );
    expect([...new Set(foreign)].filter((name) => !allowed.includes(name))).toEqual([]);
  });

  it('are broken by an import that crosses one', () => {
    const crossing = importsOf("import { x } from '@fairlead/cli';", 'packages/client/src/x.ts');
    expect(ARROWS.some((arrow) => crossing.some((one) => breaks(arrow, one)))).toBe(true);
  });
});
