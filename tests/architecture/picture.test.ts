import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { allowedPicture, renderPicture } from '@fairlead/scripts/architecture';
import { describe, expect, it } from 'vitest';

import { foldersWithoutRooms, foldersWithRooms, houseFiles, houseText, root } from './house-files.ts';
import { isTestCode, judgeImport, type Picture, roomOf } from './judge-import.ts';
import { readImports } from './read-imports.ts';
import { readPaths } from './read-paths.ts';

const packages = new Map(
  [...foldersWithRooms(), 'tests'].flatMap((folder) => {
    const manifest = `${folder}/package.json`;
    if (!existsSync(join(root, manifest))) return [];
    return [[(JSON.parse(houseText(manifest)) as { name: string }).name, folder] as const];
  }),
);

function faultsIn(file: string, text: string, picture: Picture = allowedPicture): string[] {
  return readImports(file, text).flatMap((one) => {
    const fault = judgeImport(one, picture, packages);
    return fault === undefined ? [] : [`${file} imports ${one.specifier}: ${fault}`];
  });
}

describe('The picture of the architecture', () => {
  it('has a room for every folder', () => {
    expect(foldersWithRooms().filter((folder) => !(folder in allowedPicture))).toEqual([]);
    expect(foldersWithoutRooms()).toEqual([]);
  });

  it('names only rooms that it has', () => {
    const named = Object.values(allowedPicture).flatMap(({ imports, testImports }) =>
      Object.keys({ ...imports, ...testImports }),
    );
    expect(named.filter((room) => !(room in allowedPicture))).toEqual([]);
  });

  it('gives every arrow a reason', () => {
    const reasons = Object.values(allowedPicture).flatMap(({ imports, testImports }) =>
      Object.values({ ...imports, ...testImports }),
    );
    expect(reasons.filter((because) => because.length < 10)).toEqual([]);
  });

  it('has no cycle of rooms', () => {
    const seen = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const walk = (room: string, way: readonly string[]): void => {
      if (seen.get(room) === 'open') circles.push([...way, room].join(' → '));
      if (seen.has(room)) return;
      seen.set(room, 'open');
      for (const next of Object.keys(allowedPicture[room]?.imports ?? {})) walk(next, [...way, room]);
      seen.set(room, 'done');
    };
    for (const room of Object.keys(allowedPicture)) walk(room, []);
    expect(circles).toEqual([]);
  });

  it('is shown in docs/architecture.md', () => {
    expect(houseText('docs/architecture.md')).toContain(renderPicture(allowedPicture));
  });

  it('holds for every import of every file, and for every path into another room', { timeout: 120_000 }, () => {
    const files = houseFiles();
    expect(files.length).toBeGreaterThan(1000);
    // Both judge one tree: parsing is what takes the time.
    const faults = files.flatMap((file) => {
      const text = houseText(file);
      return [...faultsIn(file, text), ...pathFaultsIn(file, text)];
    });
    expect(faults).toEqual([]);
  });
});

/** Tools and tests may: nothing of them ships. */
function pathFaultsIn(file: string, text: string): string[] {
  const name = roomOf(file);
  const room = allowedPicture[name];
  if (room === undefined || room.isTooling || isTestCode(file)) return [];
  return readPaths(file, text)
    .filter(({ path }) => roomOf(path) !== name && !(roomOf(path) in (room.reads ?? {})))
    .map((one) => `${file} names ${one.text}`);
}

describe('A path into another room', () => {
  it.each([
    ['from the root', 'packages/launch/src/x.ts', "const entry = 'apps/node-agent/src/main.ts';"],
    ['from the file', 'packages/launch/src/x.ts', "new URL('../../cli/src/doctor', import.meta.url);"],
    ['without a reason', 'packages/client/src/x.ts', "new URL('../../../infra/bastion/gate', import.meta.url);"],
  ])('is refused %s', (_, file, text) => {
    expect(pathFaultsIn(file, text)).toHaveLength(1);
  });

  it.each([
    ['with a reason', 'packages/cli/src/x.ts', "new URL('../../../infra/bastion/gate', import.meta.url);"],
    ['into its own room', 'packages/launch/src/x.ts', "const file = 'packages/launch/src/y.ts';"],
    ['of a test', 'packages/launch/src/x.test.ts', "const entry = 'apps/node-agent/src/main.ts';"],
  ])('but not one %s', (_, file, text) => {
    expect(pathFaultsIn(file, text)).toEqual([]);
  });
});

describe('An import is refused', () => {
  it.each([
    ['of an app by another', 'apps/control/src/x.ts', "import { x } from '@fairlead/node-agent';"],
    ['of the commands by the agent', 'apps/node-agent/src/x.ts', "import { x } from '@fairlead/cli';"],
    ['of a type alone', 'packages/ssh/src/x.ts', "import type { X } from '@fairlead/protocol';"],
    ['in the place of a type', 'packages/ssh/src/x.ts', "export type X = import('@fairlead/protocol').Y;"],
    ['made while running', 'packages/kit/src/x.ts', "await import('@fairlead/protocol');"],
    ['resolved while running', 'packages/kit/src/x.ts', "import.meta.resolve('@fairlead/protocol');"],
    ['handed on', 'packages/scheduler/src/x.ts', "export { x } from '@fairlead/ssh';"],
    ['past a door', 'tests/fuzz/x.ts', "import { x } from '../../packages/ssh/src/x.ts';"],
    ['past a door, from the scripts', 'scripts/x.ts', "import { x } from '../packages/kit/src/index.ts';"],
    ['past a door, from a package', 'packages/cli/src/x.ts', "import { x } from '../../client/src/x.ts';"],
    ['of a testing door by what ships', 'packages/cli/src/x.ts', "import { x } from '@fairlead/ssh/testing';"],
    ['of the testkit by what ships', 'packages/cli/src/x.ts', "import { x } from '@fairlead/testkit';"],
    ['of a third-party package', 'packages/kit/src/x.ts', "import { z } from 'zod';"],
    ['of vitest by what ships', 'packages/kit/src/x.ts', "import { it } from 'vitest';"],
    ['of its own package by name', 'packages/kit/src/x.ts', "import { x } from '@fairlead/kit';"],
    ['from a folder without a room', 'packages/new/src/x.ts', "import { x } from './y.ts';"],
  ])('%s', (_, file, text) => {
    expect(faultsIn(file, text)).toHaveLength(1);
  });

  it.each([
    ['of a package below', 'packages/client/src/x.ts', "import { x } from '@fairlead/ssh';"],
    ['inside a room', 'packages/client/src/x.ts', "import { x } from './y/z.ts';"],
    ['of a testing door by a test', 'packages/client/src/x.test.ts', "import { x } from '@fairlead/ssh/testing';"],
    ['of the scripts by a build file', 'packages/cli/tsdown.config.ts', "import { x } from '../../scripts/x.ts';"],
    ['that is text of a template', 'packages/kit/src/x.ts', "export const text = `\nimport { z } from 'zod';\n`;"],
  ])('but not one %s', (_, file, text) => {
    expect(faultsIn(file, text)).toEqual([]);
  });
});

it('A file belongs to the room of its folder', () => {
  expect(roomOf('apps/control/src/ws/x.ts')).toBe('apps/control');
  expect(roomOf('apps/control/package.json')).toBe('apps/control');
  expect(roomOf('bench/src/sim/run.ts')).toBe('bench');
  expect(roomOf('vitest.config.ts')).toBe('scripts');
});
