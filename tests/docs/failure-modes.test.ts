import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { FAILURE_CHAPTERS } from '../../scripts/failure-modes/failure-modes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('docs/failure-modes.md names tests that are there', () => {
  const places = FAILURE_CHAPTERS.flatMap(({ modes }) =>
    modes.flatMap(({ what, tests }) => tests.map((test) => ({ what, ...test }))),
  );
  expect(places.length).toBeGreaterThan(40);
  const missing = places.filter(({ file, title }) => {
    const path = `${ROOT}/${file}`;
    return (
      !existsSync(path) ||
      !readFileSync(path, 'utf8')
        .replaceAll(String.raw`\'`, "'")
        .includes(title)
    );
  });
  expect(missing).toEqual([]);
});
