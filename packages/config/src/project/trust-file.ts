// Records that the user trusts the present content of a project's file, or withdraws that.

import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { CodedError, errnoOf } from '@fairlead/kit';

import type { ConfigErrorCode } from '../config-error.ts';
import type { ConfigPlace } from '../config-place.ts';
import { parseYamlObject } from '../config-sources.ts';
import { foldersUpwards } from './find-project-config.ts';
import { projectFile } from './project-file.ts';
import { sortSettings } from './project-settings.ts';
import { readRegularFile } from '../read-regular-file.ts';
import { contentHash, readTrustedFiles, trustedFilesPath, writeTrustedFiles } from './trusted-files.ts';

type Place = Pick<ConfigPlace, 'cwd' | 'home' | 'env'>;

export interface TrustedFile {
  path: string;
  sha256: string;
  /** The settings that count only now. */
  settings: string[];
}

/** Throws `config_unreadable` or `config_invalid` for a file that cannot be used, and does not trust it. */
export async function trustFile(path: string, place: Place): Promise<TrustedFile> {
  const file = await readRegularFile(path);
  if (!file) throw missing(path);
  const { withheld } = sortSettings(parseYamlObject(file.text, path));
  const sha256 = contentHash(file.text);
  const list = trustedFilesPath(place.env, place.home);
  await writeTrustedFiles(list, new Map([...(await readTrustedFiles(list)), [path, sha256]]));
  return { path, sha256, settings: withheld };
}

/** Resolves with whether the file was trusted. */
export async function distrustFile(path: string, place: Place): Promise<boolean> {
  const list = trustedFilesPath(place.env, place.home);
  const trusted = new Map(await readTrustedFiles(list));
  const was = trusted.delete(path);
  if (was) await writeTrustedFiles(list, trusted);
  return was;
}

/** The path of the file that the user names, else of the nearest one; with the real path of its folder, as in the search. */
export async function projectFilePath(named: string | undefined, { cwd, home }: Place): Promise<string> {
  if (named !== undefined) return withRealFolder(resolve(cwd, named));
  for (const folder of await foldersUpwards(cwd, home)) {
    const path = join(folder, projectFile);
    // Any kind of file counts here: readRegularFile refuses a file that is not regular.
    if (await isNamed(path)) return path;
  }
  throw missing(join(cwd, projectFile));
}

const notFound = new Set(['ENOENT', 'ENOTDIR', 'EACCES']);

async function withRealFolder(path: string): Promise<string> {
  try {
    return join(await realpath(dirname(path)), basename(path));
  } catch (error) {
    // Reading the file reports what is wrong with the path.
    if (notFound.has(errnoOf(error) ?? '')) return path;
    throw error;
  }
}

async function isNamed(path: string): Promise<boolean> {
  try {
    await realpath(path);
    return true;
  } catch (error) {
    if (notFound.has(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

function missing(path: string): CodedError<ConfigErrorCode> {
  return new CodedError('config_unreadable', `cannot find ${path} because there is no such file`, {
    hint: 'Name the file: fairlead config trust <file>.',
  });
}
