// The list of the project files that this user trusts: path and hash of the content, in the user's state directory. A file that changes is no longer trusted.

import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { CodedError, errorText, writeWholeFile } from '@fairlead/kit';
import { encodeValue } from '@fairlead/protocol';
import { z } from 'zod';

import type { ConfigErrorCode } from '../config-error.ts';
import { readRegularFile } from '../read-regular-file.ts';

const trustedFiles = z.object({
  version: z.literal(1),
  files: z.record(z.string(), z.object({ sha256: z.string() })),
});

/** Path → hash of the trusted content. */
export type TrustedFiles = ReadonlyMap<string, string>;

export function trustedFilesPath(env: Record<string, string | undefined>, home: string): string {
  return join(env['XDG_STATE_HOME'] || join(home, '.local', 'state'), 'fairlead', 'trusted-configs.json');
}

export function contentHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export async function readTrustedFiles(path: string): Promise<TrustedFiles> {
  const file = await readRegularFile(path);
  if (!file) return new Map();
  try {
    const { files } = trustedFiles.parse(JSON.parse(file.text));
    return new Map(Object.entries(files).map(([name, { sha256 }]) => [name, sha256]));
  } catch (error) {
    throw new CodedError<ConfigErrorCode>(
      'config_unreadable',
      `cannot read ${path}, the list of trusted project files, because ${errorText(error).slice(0, 200)}`,
      { hint: `Remove it; then trust each file again: fairlead config trust <file>.`, cause: error },
    );
  }
}

/** Atomic. Other users can read neither the file nor its folder. Throws `config_unwritable`. */
export async function writeTrustedFiles(path: string, trusted: TrustedFiles): Promise<void> {
  const files = Object.fromEntries([...trusted].map(([name, sha256]) => [name, { sha256 }]));
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeWholeFile(path, `${JSON.stringify(encodeValue(trustedFiles, { version: 1, files }), undefined, 2)}\n`);
  } catch (error) {
    throw new CodedError<ConfigErrorCode>('config_unwritable', `cannot write ${path}: ${errorText(error)}`, {
      hint: 'Give this user write permission for its folder.',
      cause: error,
    });
  }
}
