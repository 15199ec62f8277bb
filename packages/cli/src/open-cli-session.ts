// A session for a command. Where this machine has no profile yet but the configuration names a bastion, that is prepared first.

import { openSession, profilePath, readProfile, type Session } from '@fairlead/client';
import { isCodedError } from '@fairlead/kit';

import { prepareBastion } from './bastion/prepare-bastion.ts';
import { loadConfig } from './config/load-config.ts';
import type { Context } from './context.ts';
import { sessionOptions } from './session-options.ts';

export async function openCliSession(context: Context): Promise<Session> {
  await ensureProfile(context);
  return openSession(sessionOptions(context));
}

export async function ensureProfile(context: Context): Promise<void> {
  const path = profilePath(context.env, context.home);
  try {
    await readProfile(path);
  } catch (error) {
    if (!isCodedError(error, 'profile_missing')) throw error;
    const { config } = await loadConfig(context);
    if (!config.bastion) throw error;
    context.output.event('bastion.preparing', {}, 'first use on this machine: preparing the bastion');
    await prepareBastion(config, path, context);
  }
}
