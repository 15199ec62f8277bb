// Decides whether the picture allows an import, and if not, what is wrong with it. Pure.

import type { Room } from '@fairlead/scripts/architecture';
import type { Import } from './read-imports.ts';

export type Picture = Readonly<Record<string, Room>>;

const testCode = /\.(test|contract|scenario|lane)\.ts$|(^|\/)testing[\w-]*\.ts$|\/testing\//;

export function isTestCode(file: string): boolean {
  return testCode.test(file);
}

/** The room of a file. A configuration file beside a package's `src` belongs to the scripts. */
export function roomOf(path: string): string {
  const [group = '', name = '', inside] = path.split('/');
  if (['apps', 'packages', 'infra'].includes(group)) {
    const isBuildFile = inside !== undefined && inside.endsWith('.ts') && path.split('/').length === 3;
    return isBuildFile ? 'scripts' : `${group}/${name}`;
  }
  if (group === 'tests') return `tests/${name}`;
  return name === '' ? 'scripts' : group;
}

/** `packages` maps the names of our packages to their folders. Undefined when the import is allowed. */
export function judgeImport(one: Import, picture: Picture, packages: ReadonlyMap<string, string>): string | undefined {
  const { file, specifier, path } = one;
  const name = roomOf(file);
  const room = picture[name];
  if (room === undefined) return `${name} has no room in the picture`;
  const isTest = room.isTooling === true || isTestCode(file);
  if (path !== undefined) {
    const other = roomOf(path);
    return other === name ? undefined : `passes the door of ${other}: import the package by its name`;
  }
  if (specifier.startsWith('node:')) return undefined;
  const [packageName, door] = splitSpecifier(specifier);
  const target = packages.get(packageName);
  if (target === undefined) return judgeThirdParty(packageName, room, isTest, isTestCode(file));
  if (target === name) return 'a room imports its own files by relative paths';
  if (!(target in room.imports) && !(isTest && target in (room.testImports ?? {})))
    return `${name} may not import ${target}`;
  return door.startsWith('testing') && !isTest ? 'a testing door is for tests' : undefined;
}

function judgeThirdParty(packageName: string, room: Room, isTest: boolean, isTestFile: boolean): string | undefined {
  if (room.thirdParty.includes(packageName)) return undefined;
  if (isTest && room.testThirdParty?.includes(packageName)) return undefined;
  if (packageName === 'vitest' && (isTestFile || room.isTooling)) return undefined;
  return `the third-party package ${packageName} is not in its list`;
}

/** Splits `@scope/name/door/path` into the package and the rest. */
function splitSpecifier(specifier: string): [packageName: string, door: string] {
  const parts = specifier.split('/');
  const length = specifier.startsWith('@') ? 2 : 1;
  return [parts.slice(0, length).join('/'), parts.slice(length).join('/')];
}
