import { readFileSync, globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { chapters } from '@fairlead/scripts/error-book';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = globSync(['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'], { cwd: root })
  .filter((path) => !/\.(?:test|contract)\.ts$|\/testing|\/testkit\/|\/engine-sim\//.test(path))
  .map((path) => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') }));
/** The declaration of a union throws no code. */
const declarations =
  /^(?:apps|packages)\/[\w-]+\/src\/(?:[\w-]+-error|errors|instance)\.ts$|packages\/cli\/src\/exit-code\.ts$/;
const made = /(?:new \w*Error|\b\w+Error)(?:<[^>()]*>)?\(\s*'([a-z][a-z_]+)',/g;

const documented = new Set(chapters.flatMap(({ entries }) => Object.keys(entries)));

describe('docs/errors.md', () => {
  it('has every code that some code throws', () => {
    const thrown = sources.flatMap(({ path, text }) => [...text.matchAll(made)].map(([, code]) => `${code} (${path})`));
    expect(thrown.length).toBeGreaterThan(80);
    expect(thrown.filter((place) => !documented.has(place.split(' ')[0] ?? ''))).toEqual([]);
  });

  it('has no code that no source throws', () => {
    const all = sources
      .filter(({ path }) => !declarations.test(path))
      .map(({ text }) => text)
      .join('\n');
    expect([...documented].filter((code) => !all.includes(`'${code}'`))).toEqual([]);
  });

  it('says for each code what to do', () => {
    const empty = chapters
      .flatMap(({ entries }) => Object.entries(entries))
      .filter(([, { cause, cure }]) => cause.length < 10 || cure.length < 5);
    expect(empty).toEqual([]);
  });
});
