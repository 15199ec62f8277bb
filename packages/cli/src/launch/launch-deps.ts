// What a whole launch, stop or log is given of a command's context.

import { loadConfig } from '@fairlead/config';
import type { LaunchDeps } from '@fairlead/launch';

import { configPlace } from '../config/config-place.ts';
import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { machineOf } from './launch-run.ts';

export async function launchDeps(context: Context): Promise<LaunchDeps> {
  const { config } = await loadConfig(configPlace(context));
  return { machine: machineOf(context), config, openSession: () => openCliSession(context) };
}
