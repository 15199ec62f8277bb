// Control's state directory in the account's home: its mode, and how files are written to it atomically.

import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

import { CodedError, errnoOf, errorText } from '@fairlead/kit';

import type { ControlErrorCode } from '../control-error.ts';

/** 0700, also where it existed with a wider mode. */
export function ensurePrivateDir(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
}

/** Writes the file atomically, mode 0600. */
export function replaceFile(path: string, text: string): void {
  const fresh = writeBeside(path, text);
  renameSync(fresh, path);
}

/** Writes the file atomically, mode 0600, if it does not exist. Returns false if it exists. */
export function createFile(path: string, text: string): boolean {
  const fresh = writeBeside(path, text);
  try {
    linkSync(fresh, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}

function writeBeside(path: string, text: string): string {
  const fresh = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    writeFileSync(fresh, text, { mode: 0o600, flag: 'wx', flush: true });
    return fresh;
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new CodedError<ControlErrorCode>('store_failed', `cannot write ${path} because of ${errorText(error)}`, {
      hint: 'Look at `df` and `quota` on the bastion and make room in the home directory, or make it writable.',
      cause: error,
    });
  }
}
