// Finds the project's fairlead.yaml: the nearest one, from the working directory upwards, that only this user can have written. Searches up
// to the user's home or, outside of it, to the border of the file system. Refuses other files with a reason, without opening them.

import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { errnoOf, errorText } from '@fairlead/kit';

import { type Caller, judgePlace, type PlaceEntry, type UnsafePlace } from './judge-place.ts';
import { projectFile } from './project-file.ts';
import { type RegularFile, readRegularFile } from '../read-regular-file.ts';
import { contentHash, type TrustedFiles } from './trusted-files.ts';

export interface ProjectSearch {
  cwd: string;
  home: string;
  trusted: TrustedFiles;
  /** Undefined if the system has no owners of files. */
  caller: Caller | undefined;
}

export interface FoundProjectFile {
  path: string;
  text: string;
  /** `trusted`: the user has trusted the file, and all of it counts. `own`: only the user can have written it. */
  standing: 'trusted' | 'own';
}

export interface RefusedFile {
  path: string;
  why: string;
  todo: string;
}

/** Throws `config_unreadable` if a file in a safe place cannot be read. */
export async function findProjectConfig(
  search: ProjectSearch,
): Promise<{ file?: FoundProjectFile; refused: RefusedFile[] }> {
  const refused: RefusedFile[] = [];
  for (const folder of await foldersUpwards(search.cwd, search.home)) {
    const looked = await lookAt(join(folder, projectFile), search);
    if (looked && 'why' in looked) refused.push(looked);
    else if (looked) return { file: looked, refused };
  }
  return { refused };
}

/** The folders from `start` up to the home, if `start` is in it; else up to the border of the file system. */
export async function foldersUpwards(start: string, home: string): Promise<string[]> {
  const own = await realpathIfThere(home);
  const all: string[] = [];
  for (let folder = start; ; folder = dirname(folder)) {
    all.push(folder);
    if (folder === own || dirname(folder) === folder) break;
  }
  if (own !== undefined && all.at(-1) === own) return all;
  const devices = await Promise.all(all.map(deviceOf));
  const first = devices.find((device) => device !== undefined);
  const border = devices.findIndex((device) => device !== undefined && device !== first);
  return border === -1 ? all : all.slice(0, border);
}

/** Undefined for a folder that this user may not look into, such as root's home under `sudo -u`. */
async function deviceOf(folder: string): Promise<number | undefined> {
  try {
    return (await stat(folder)).dev;
  } catch (error) {
    if (['EACCES', 'ENOENT'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** A file that vanishes between two looks is none. */
async function lookAt(path: string, search: ProjectSearch): Promise<FoundProjectFile | RefusedFile | undefined> {
  try {
    await lstat(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    return { path, why: `it cannot be looked at: ${errorText(error)}`, todo: 'Work in another folder.' };
  }
  try {
    return await judgeFile(path, search);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR';
}

async function judgeFile(path: string, search: ProjectSearch): Promise<FoundProjectFile | RefusedFile | undefined> {
  const trustedHash = search.trusted.get(path);
  const unsafe = await unsafePlace(path, search);
  if (trustedHash === undefined && unsafe) return refusedFile(path, unsafe);
  const file = await readRegularFile(path);
  if (!file) return undefined;
  if (contentHash(file.text) === trustedHash) return { path, text: file.text, standing: 'trusted' };
  if (unsafe) return refusedFile(path, { ...unsafe, why: `it has changed since it was trusted, and ${unsafe.why}` });
  if (!(await isStillThere(path, file))) return refusedFile(path, replaced);
  return { path, text: file.text, standing: 'own' };
}

const replaced: UnsafePlace = { why: 'it was replaced while it was read', todo: 'Look at it and try again.' };

function refusedFile(path: string, { why, todo }: UnsafePlace): RefusedFile {
  return {
    path,
    why,
    todo: `${todo} To use it as it is, read it first, then run: fairlead config trust ${path}`,
  };
}

/** For a link, checks both places: who may change the link, and who may change the file that it leads to. */
async function unsafePlace(path: string, { home, caller }: ProjectSearch): Promise<UnsafePlace | undefined> {
  if (!caller) return undefined;
  const target = await realpathIfThere(path);
  if (target === undefined) {
    await lstat(path);
    return { why: 'it is a link to nothing', todo: 'Correct the link.' };
  }
  for (const place of new Set([path, target])) {
    const file = entryOf(place, await (place === target ? stat(place) : lstat(place)));
    // The mode of a link itself has no meaning.
    const judged = place === target ? file : { ...file, mode: 0o644 };
    const folders = await Promise.all(
      (await foldersUpwards(dirname(place), home)).map(async (folder) => entryOf(folder, await stat(folder))),
    );
    const unsafe = judgePlace({ file: judged, folders }, caller);
    if (unsafe) return unsafe;
  }
  return undefined;
}

async function isStillThere(path: string, { stats }: RegularFile): Promise<boolean> {
  const now = await stat(path);
  return now.ino === stats.ino && now.dev === stats.dev;
}

function entryOf(path: string, { uid, gid, mode }: { uid: number; gid: number; mode: number }): PlaceEntry {
  return { path, uid, gid, mode };
}

async function realpathIfThere(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
