// A session for a command: for the bastion that the configuration names, which is prepared first where this machine does not know it.

import { openSession, profilePath, readProfile, type Session, writeProfile } from '@fairlead/client/session';
import { isCodedError } from '@fairlead/kit';
import { asList, type BastionConfig, loadConfig } from '@fairlead/config';
import type { LaptopProfile } from '@fairlead/protocol';

import { machineOf } from './launch/machine-of.ts';
import { configPlaceOf } from './config/config-place.ts';
import { sayRoutes } from './bastion/say-route.ts';
import type { Context } from './context.ts';
import { sessionOptions } from './session-options.ts';
import { compareWithProfile, otherBastion } from '@fairlead/launch/login';

export async function openCliSession(context: Context): Promise<Session> {
  await ensureProfile(context);
  const session = await openSession(sessionOptions(context));
  sayRoutes(session.link, context);
  return session;
}

/** Throws `profile_mismatch` where profile and configuration name two bastions: which of them is meant is for the user to say. */
export async function ensureProfile(context: Context): Promise<void> {
  const path = profilePath(context.env, context.home);
  const { config } = await loadConfig(configPlaceOf(context));
  const profile = await profileIfThere(path);
  if (profile) {
    if (config.bastion) await holdAgainst(config.bastion, { profile, path }, context);
    return;
  }
  // Says that there is none, and what to do.
  if (!config.bastion) await readProfile(path);
  context.output.event('bastion.preparing', {}, 'first use on this machine: preparing the bastion');
  const { prepareBastion } = await import('./bastion/prepare-bastion.ts');
  await prepareBastion(config, path, context);
}

export async function profileIfThere(path: string): Promise<LaptopProfile | undefined> {
  try {
    return await readProfile(path);
  } catch (error) {
    if (isCodedError(error, 'profile_missing')) return undefined;
    throw error;
  }
}

async function holdAgainst(
  bastion: BastionConfig,
  { profile, path }: { profile: LaptopProfile; path: string },
  context: Context,
): Promise<void> {
  const comparison = await compareWithProfile(bastion, profile, machineOf(context));
  if (comparison.kind === 'other') throw otherBastion(comparison.differences, path);
  if (comparison.kind === 'same') return;
  const routes = [...asList(bastion.fromLaptop)];
  await writeProfile(path, { ...profile, bastion: { ...profile.bastion, routes } });
  context.output.event('profile.rerouted', { path }, 'the way to the bastion is as the configuration says now');
}
