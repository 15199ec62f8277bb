// Converts a cluster's section of one engine into the input of the engine's kind: common settings, and the engine's own options. Pure.

import { defined } from '@fairlead/kit';
import type { EngineSettings } from '@fairlead/engines';

import type { EngineConfig } from './fairlead-config.ts';

export function engineSettingsOf(config: EngineConfig | undefined): EngineSettings {
  const {
    command,
    container,
    args = [],
    env = {},
    readyLimitSeconds: _ready,
    stopLimitSeconds: _stop,
    ...options
  } = config ?? {};
  return { ...defined({ command, container }), args, env, options };
}
