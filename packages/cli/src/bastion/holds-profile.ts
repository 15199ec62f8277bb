// Decides whether the profile matches the configuration. Loads the configuration only where it, or the profile, has changed.

import { configNote, profilePath, readNote, writeNote } from '@fairlead/client/session';
import { errorText } from '@fairlead/kit';
import type { LaptopProfile } from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { hashOfConfig } from './config-in-force.ts';

/** False where the configuration has another way to the bastion. Throws `profile_mismatch`, and what loading a configuration throws. */
export async function holdsProfile(profile: LaptopProfile, context: Context): Promise<boolean> {
  const path = profilePath(context.env, context.home);
  const hash = await hashOfConfig(profile, context);
  if (hash !== undefined && hash === (await readNote(configNote(path)))) return true;
  const { holdAgainstConfig } = await import('./ensure-profile.ts');
  const { kind, asWritten } = await holdAgainstConfig({ profile, path }, context);
  if (hash !== undefined && asWritten) await keep(writeNote(configNote(path), hash), context);
  return kind === 'same';
}

async function keep(writing: Promise<void>, { log }: Context): Promise<void> {
  try {
    await writing;
  } catch (error) {
    log.debug({ op: 'config.note', ok: false, error: errorText(error) });
  }
}
