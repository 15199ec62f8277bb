// Reads and writes the laptop's profile: what `fairlead init` learned of the bastion. Refuses one that others may read.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CodedError, errnoOf } from '@fairlead/kit';
import { decodeText, encodeText, type LaptopProfile, laptopProfile } from '@fairlead/protocol';

import type { ClientErrorCode } from '../client-error.ts';
import { isReadableByOthers, writePrivateFile } from '../private-file.ts';

/** `$FAIRLEAD_PROFILE`, else `$XDG_STATE_HOME/fairlead/profile.json`, else `~/.local/state/fairlead/profile.json`. */
export function profilePath(env: Record<string, string | undefined>, home: string): string {
  if (env['FAIRLEAD_PROFILE']) return env['FAIRLEAD_PROFILE'];
  return join(env['XDG_STATE_HOME'] || join(home, '.local', 'state'), 'fairlead', 'profile.json');
}

export async function readProfile(path: string): Promise<LaptopProfile> {
  let text: string;
  try {
    if (await isReadableByOthers(path)) {
      throw new CodedError<ClientErrorCode>('profile_unsafe', `cannot use ${path} because other users may read it`, {
        hint: `It holds a token. Run: chmod 600 ${path}, and \`fairlead init\` for a new token if others have accounts here.`,
      });
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    throw new CodedError<ClientErrorCode>(
      'profile_missing',
      `cannot reach a bastion because this machine has no profile: looked for ${path}`,
      {
        hint: 'Run `fairlead init` once on this machine.',
      },
    );
  }
  const decoded = decodeText(laptopProfile, text);
  if (decoded.ok) return decoded.value;
  throw new CodedError<ClientErrorCode>(
    'profile_invalid',
    `cannot use ${path} because ${decoded.path || 'it'} ${decoded.message}`,
    {
      hint: 'Run `fairlead init` again; it writes a new file.',
    },
  );
}

/** Atomically, mode 0600 from the first byte. */
export async function writeProfile(path: string, profile: LaptopProfile): Promise<void> {
  await writePrivateFile(path, encodeText(laptopProfile, profile) + '\n');
}
