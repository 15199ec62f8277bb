// Compares this machine's profile with the configuration; prepares the bastion where there is no profile yet.

import { profilePath, readProfile, writeProfile } from '@fairlead/client/session';
import { asList, type BastionConfig, loadConfig } from '@fairlead/config';
import { compareWithProfile, otherBastion } from '@fairlead/launch/login';
import type { LaptopProfile } from '@fairlead/protocol';

import { configPlaceOf } from '../config/config-place.ts';
import type { Context } from '../context.ts';
import { machineOf } from '../launch/machine-of.ts';
import { profileIfThere } from './ensure-held-profile.ts';

interface KnownProfile {
  profile: LaptopProfile;
  path: string;
}

/** Throws `profile_mismatch` where profile and configuration name two bastions: which of them is meant is for the user to say. */
export async function ensureProfile(context: Context): Promise<void> {
  const path = profilePath(context.env, context.home);
  const profile = await profileIfThere(path);
  if (profile) {
    await holdAgainstConfig({ profile, path }, context);
    return;
  }
  const { config } = await loadConfig(configPlaceOf(context));
  // Says that there is none, and what to do.
  if (!config.bastion) await readProfile(path);
  context.output.event('bastion.preparing', {}, 'first use on this machine: preparing the bastion');
  const { prepareBastion } = await import('./prepare-bastion.ts');
  await prepareBastion(config, path, context);
}

export interface HeldProfile {
  kind: 'same' | 'rerouted';
  /** The answer holds until configuration or profile changes, whatever ssh_config says. */
  asWritten: boolean;
}

/** `rerouted`: the profile was written again, with the routes of the configuration. Throws `profile_mismatch`. */
export async function holdAgainstConfig(known: KnownProfile, context: Context): Promise<HeldProfile> {
  const { config } = await loadConfig(configPlaceOf(context));
  return config.bastion ? holdAgainst(config.bastion, known, context) : { kind: 'same', asWritten: true };
}

async function holdAgainst(
  bastion: BastionConfig,
  { profile, path }: KnownProfile,
  context: Context,
): Promise<HeldProfile> {
  const comparison = await compareWithProfile(bastion, profile, machineOf(context));
  if (comparison.kind === 'other') throw otherBastion(comparison.differences, path);
  if (comparison.kind === 'same') return comparison;
  const routes = [...asList(bastion.fromLaptop)];
  await writeProfile(path, { ...profile, bastion: { ...profile.bastion, routes } });
  context.output.event(
    'profile.rerouted',
    { path },
    'the profile now has the routes to the bastion that the configuration names',
  );
  return { kind: 'rerouted', asWritten: false };
}
