// A session for a command: for the bastion that the configuration names, which is prepared first where this machine does not know it.

import { openSession, type Session } from '@fairlead/client/session';
import { isCodedError } from '@fairlead/kit';

import { holdsProfile } from './bastion/holds-profile.ts';
import { sayRoutes } from './bastion/say-route.ts';
import type { Context } from './context.ts';
import { sessionOptions } from './session-options.ts';

/** Throws `profile_mismatch` where profile and configuration name two bastions: which of them is meant is for the user to say. */
export async function openCliSession(context: Context): Promise<Session> {
  const known = await openKnown(context);
  if (known && (await isStillRight(known, context))) return known;
  const { ensureProfile } = await import('./bastion/ensure-profile.ts');
  await ensureProfile(context);
  const session = await openSession(sessionOptions(context));
  sayRoutes(session.link, context);
  return session;
}

/** Begins to log in: the configuration, with which a command's own code takes longest, is read while the bastion answers. */
async function openKnown(context: Context): Promise<Session | undefined> {
  try {
    const session = await openSession(sessionOptions(context));
    sayRoutes(session.link, context);
    await session.link.beginLogin();
    return session;
  } catch (error) {
    if (isCodedError(error, 'profile_missing')) return undefined;
    throw error;
  }
}

/** False where the configuration has another way to the bastion: the session is closed. */
async function isStillRight(session: Session, context: Context): Promise<boolean> {
  try {
    if (await holdsProfile(session.link.profile, context)) return true;
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
  await session[Symbol.asyncDispose]();
  return false;
}
