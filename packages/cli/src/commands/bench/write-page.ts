// The page of `fairlead bench --html`: whether it can be written is known before anything is measured.

import { access, constants, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { CodedError, errnoOf, errorText } from '@fairlead/kit';

import type { CliErrorCode } from '../../cli-error.ts';

/** Throws `bench_failed` where the page could not be written. Creates nothing. */
export async function checkPagePlace(path: string): Promise<void> {
  try {
    const folder = dirname(path);
    if (!(await stat(folder)).isDirectory()) throw new Error(`${folder} is no folder`);
    await access(folder, constants.W_OK);
    const there = await stat(path).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
      return undefined;
    });
    if (there && !there.isFile()) throw new Error(`${path} is no file`);
    if (there) await access(path, constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Resolves with an error, so that the figures are shown without the page. */
export async function writePage(path: string, page: string): Promise<CodedError<CliErrorCode> | undefined> {
  try {
    await writeFile(path, page);
    return undefined;
  } catch (error) {
    return unwritable(path, error);
  }
}

function unwritable(path: string, cause: unknown): CodedError<CliErrorCode> {
  return new CodedError('bench_failed', `cannot write the page ${path} because ${errorText(cause)}`, {
    hint: 'Name a file in a folder that is there: --html bench.html',
    cause,
  });
}
