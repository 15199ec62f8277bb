// A session for a command: for the bastion that the configuration names, which is prepared first where this machine does not know it.

import type { BastionLink } from '@fairlead/carrier';
import { createSession, openProfileLink, openSession, type Session } from '@fairlead/client/session';
import { isCodedError, untilAborted } from '@fairlead/kit';

import { holdsProfile } from './bastion/holds-profile.ts';
import { sayRoutes } from './bastion/say-route.ts';
import type { Context } from './context.ts';
import { sessionOptions } from './session-options.ts';

/** Throws `profile_mismatch` where profile and configuration name two bastions: which of them is meant is for the user to say. */
export async function openCliSession(context: Context): Promise<Session> {
  const known = await openKnown(context);
  if (known) return known;
  const { ensureProfile } = await import('./bastion/ensure-profile.ts');
  await ensureProfile(context);
  const session = await openSession(sessionOptions(context));
  sayRoutes(session.link, context);
  return session;
}

/**
 * Logs in while the configuration is read and the code that asks control is loaded. Undefined where there is no profile, and where the
 * configuration has another way to the bastion.
 */
async function openKnown(context: Context): Promise<Session | undefined> {
  const link = await openLink(context);
  if (!link) return undefined;
  try {
    sayRoutes(link, context);
    const { dialled, signed } = link.beginLogin();
    await untilAborted(dialled, context.signal);
    // Before the bastion answers: where the configuration names another one, this one may be gone.
    if (await holdsProfile(link.profile, context)) {
      await untilAborted(signed, context.signal);
      const session = await createSession(link);
      // The bastion's answer has its turn before the request is made.
      await context.clock.sleep(0);
      return session;
    }
  } catch (error) {
    await link[Symbol.asyncDispose]();
    throw error;
  }
  await link[Symbol.asyncDispose]();
  return undefined;
}

async function openLink(context: Context): Promise<BastionLink | undefined> {
  try {
    return await openProfileLink(sessionOptions(context));
  } catch (error) {
    if (isCodedError(error, 'profile_missing')) return undefined;
    throw error;
  }
}
