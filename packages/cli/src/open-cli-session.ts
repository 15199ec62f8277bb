// A session for a command: for the bastion that the configuration names, which is prepared first where this machine does not know it.

import { openSession, profilePath, readProfile, type Session, writeProfile } from '@fairlead/client';
import { isCodedError } from '@fairlead/kit';
import { asList, type BastionConfig, type LaptopProfile } from '@fairlead/protocol';

import { prepareBastion } from './bastion/prepare-bastion.ts';
import { compareBastion, otherBastion } from './bastion/same-bastion.ts';
import { sayRoutes } from './bastion/say-route.ts';
import { loadConfig } from './config/load-config.ts';
import type { Context } from './context.ts';
import { sessionOptions } from './session-options.ts';
import { resolveRoute } from './ssh/open-route.ts';

export async function openCliSession(context: Context): Promise<Session> {
  await ensureProfile(context);
  const session = await openSession(sessionOptions(context));
  sayRoutes(session.link, context);
  return session;
}

/** Throws `profile_mismatch` where profile and configuration name two bastions: which of them is meant is for the user to say. */
export async function ensureProfile(context: Context): Promise<void> {
  const path = profilePath(context.env, context.home);
  const { config } = await loadConfig(context);
  const profile = await profileIfThere(path);
  if (profile) {
    if (config.bastion) await holdAgainst(config.bastion, { profile, path }, context);
    return;
  }
  // Says that there is none, and what to do.
  if (!config.bastion) await readProfile(path);
  context.output.event('bastion.preparing', {}, 'first use on this machine: preparing the bastion');
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
  const { routes, user } = profile.bastion;
  const wanted = asList(bastion.fromLaptop);
  const [configured, known] = await Promise.all([
    Promise.all(wanted.map((route) => resolveRoute(route, context))),
    Promise.all(routes.map((route) => resolveRoute({ ...route, user: route.user ?? user }, context))),
  ]);
  const comparison = compareBastion(bastion, profile, { configured, known });
  if (comparison.kind === 'other') throw otherBastion(comparison.differences, path);
  if (comparison.kind === 'same') return;
  await writeProfile(path, { ...profile, bastion: { ...profile.bastion, routes: [...wanted] } });
  context.output.event('profile.rerouted', { path }, 'the way to the bastion is as the configuration says now');
}
