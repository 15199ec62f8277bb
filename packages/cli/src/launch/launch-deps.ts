// What a whole launch, stop or log is given of a command's context.

import { loadConfig } from '@fairlead/config';
import type { LaunchDeps } from '@fairlead/launch';

import { configPlaceOf } from '../config/config-place.ts';
import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { machineOf } from './machine-of.ts';

export async function launchDepsOf(context: Context): Promise<LaunchDeps> {
  const { config } = await loadConfig(configPlaceOf(context));
  return { machine: machineOf(context), config, openSession: () => openCliSession(context) };
}
