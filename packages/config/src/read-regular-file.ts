// Reads a file of settings without ever blocking: refuses a pipe, a device or a folder of that name.

import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';

import { CodedError, errnoOf, errorText } from '@fairlead/kit';

import type { ConfigErrorCode } from './config-error.ts';

export interface RegularFile {
  text: string;
  /** Of the opened file itself. */
  stats: Stats;
}

/** The largest file that is read; a file of settings has a few KiB. */
const maxBytes = 4 * 1024 * 1024;

/** Resolves with undefined if there is no such file. Throws `config_unreadable`; never blocks. */
export async function readRegularFile(path: string): Promise<RegularFile | undefined> {
  try {
    // O_NONBLOCK: without it, opening a pipe waits for its writer. Windows has neither the flag nor such files.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw unreadable(path, `it is ${kindOf(stats)}`, { hint: 'Name a regular file.' });
      if (stats.size > maxBytes)
        throw unreadable(path, `it has ${stats.size} bytes, and at most ${maxBytes} are read`, {
          hint: 'Name another file.',
        });
      return { text: await file.readFile('utf8'), stats };
    } finally {
      await file.close();
    }
  } catch (error) {
    // ENOTDIR: a file stands where a folder of the path would be.
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    if (error instanceof CodedError) throw error;
    const [why, hint] = unreadableReasons[errnoOf(error) ?? ''] ?? [
      errorText(error),
      'Make it a file that this user may read.',
    ];
    throw unreadable(path, why, { hint, cause: error });
  }
}

function unreadable(path: string, why: string, more: { hint: string; cause?: unknown }): CodedError<ConfigErrorCode> {
  return new CodedError('config_unreadable', `cannot read ${path} because ${why}`, more);
}

const unreadableReasons: Readonly<Record<string, [why: string, hint: string]>> = {
  EISDIR: ['it is a folder', 'Name a file, such as fairlead.yaml in it.'],
  EACCES: ['this user has no permission', 'Make it readable for this user: chmod u+r.'],
  ENXIO: ['it is a socket, or a device that does not exist', 'Name a regular file.'],
};

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return stats.isCharacterDevice() || stats.isBlockDevice() ? 'a device' : 'no regular file';
}
