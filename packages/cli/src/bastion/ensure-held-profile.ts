// Makes sure, for a command that connects to a deployment, that this machine has a profile which matches the configuration. Loads the
// configuration only where it, or the profile, has changed.

import { profilePath, readProfile } from '@fairlead/client/session';
import { isCodedError } from '@fairlead/kit';
import type { LaptopProfile } from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { holdsProfile } from './holds-profile.ts';

/** Prepares the bastion where there is no profile. Throws as `ensureProfile` does. */
export async function ensureHeldProfile(context: Context): Promise<void> {
  const profile = await profileIfThere(profilePath(context.env, context.home));
  if (profile && (await holdsProfile(profile, context))) return;
  const { ensureProfile } = await import('./ensure-profile.ts');
  await ensureProfile(context);
}

export async function profileIfThere(path: string): Promise<LaptopProfile | undefined> {
  try {
    return await readProfile(path);
  } catch (error) {
    if (isCodedError(error, 'profile_missing')) return undefined;
    throw error;
  }
}
