// Documents that comments and pages name are in the repository.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { root } from './pages.ts';

/** A comment that does not begin in a URL or a string. */
const comment = /(?<![:'])\/\/.*$|(?<!')\/\*[\s\S]*?\*\//gm;
/** A path that ends in `.md`, not a part of a URL. */
const document = /(?<![\w/.@:-])(?:\.{1,2}\/)*[\w-][\w./-]*\.md\b/g;

/** Documents that `text` names and that exist neither beside the file, nor in a folder above it, nor in docs/. */
function missingDocuments(file: string, text: string): string[] {
  const prose = file.endsWith('.ts') ? [...text.matchAll(comment)].map(([found]) => found).join('\n') : text;
  const named = [...prose.replaceAll(/https?:\/\/\S+/g, '').matchAll(document)].map(([found]) => found);
  return named.filter((name) => !placesOf(file).some((place) => existsSync(join(root, place, name))));
}

function placesOf(file: string): string[] {
  const places = ['docs'];
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    places.push(folder);
    if (folder === '.') return places;
  }
}

const files = globSync('{packages,apps,infra,bench,examples,scripts,tests,docs}/**/*.{ts,md,sh,yaml,py}', {
  cwd: root,
  exclude: (name) => /(^|\/)(node_modules|dist|planted)(\/|$)/.test(name),
});

describe('A document that is named', () => {
  it('exists in the repository', () => {
    expect(files.length).toBeGreaterThan(1000);
    const missing = [...files, 'README.md', 'CONTRIBUTING.md', 'SECURITY.md'].flatMap((file) =>
      missingDocuments(file, readFileSync(join(root, file), 'utf8')).map((name) => `${file} names ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it.each([
    ['packages/kit/src/x.ts', '// See notes.md 3.', ['notes.md']],
    ['packages/kit/src/x.ts', '/** As docs/nowhere.md says. */', ['docs/nowhere.md']],
    ['packages/kit/src/x.ts', '// As docs/security.md says, or https://example.org/nowhere.md.', []],
    ['packages/kit/src/x.ts', "const name = 'nowhere.md';", []],
    ['docs/security.md', 'See [this](decisions/nowhere.md).', ['decisions/nowhere.md']],
    ['packages/engine-sim/src/wire/x.ts', '// measured.md, Wire', []],
  ])('is looked for: %s with %s', (file, text, missing) => {
    expect(missingDocuments(file, text)).toEqual(missing);
  });
});
