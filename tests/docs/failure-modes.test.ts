import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { failureChapters, fieldReports, foundFaults } from '@fairlead/scripts/failure-modes';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('docs/failure-modes.md and docs/field-reports.md name existing tests', () => {
  const modes = [...failureChapters.flatMap((chapter) => chapter.modes), ...foundFaults, ...fieldReports];
  const places = modes.flatMap(({ what, tests }) => tests.map((test) => ({ what, ...test })));
  expect(places.length).toBeGreaterThan(40);
  const missing = places.filter(({ file, title }) => {
    const path = `${root}/${file}`;
    return (
      !existsSync(path) ||
      !readFileSync(path, 'utf8')
        .replaceAll(String.raw`\'`, "'")
        .includes(title)
    );
  });
  expect(missing).toEqual([]);
});
