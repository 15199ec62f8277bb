// Every TypeScript file of ours, by its path from the root, and the folders that must have a room.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const groups = ['apps', 'packages', 'infra', 'tests'];
const single = ['bench', 'scripts', 'examples'];
/** A test of the linter plants a fault in `planted` while other tests run. */
const leftOut = new Set(['node_modules', 'dist', 'planted']);

/** Folders that need a room, as paths from the root, without folders that have no tracked content, such as a leftover `dist`. */
export function foldersWithRooms(): string[] {
  return [...groups.flatMap((group) => foldersIn(group).map((name) => `${group}/${name}`)), ...single];
}

/** Other folders of the root that hold TypeScript: they should be among the above. */
export function foldersWithoutRooms(): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !leftOut.has(entry.name) && entry.name !== '.git')
    .map(({ name }) => name)
    .filter((name) => !groups.includes(name) && !single.includes(name) && filesIn(name).length > 0);
}

/** The TypeScript files of these folders and of the root itself. */
export function houseFiles(): string[] {
  const ofRoot = readdirSync(root).filter((name) => name.endsWith('.ts'));
  return [...ofRoot, ...[...groups, ...single].flatMap(filesIn)].sort();
}

export function houseText(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function foldersIn(group: string): string[] {
  return readdirSync(join(root, group), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !leftOut.has(entry.name) && hasContent(`${group}/${entry.name}`))
    .map((entry) => entry.name);
}

/** Git leaves the ignored folders of a moved package behind. */
function hasContent(folder: string): boolean {
  return readdirSync(join(root, folder)).some((name) => !leftOut.has(name) && !name.startsWith('.'));
}

function filesIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return leftOut.has(entry.name) ? [] : filesIn(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}
