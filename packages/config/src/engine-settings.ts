// From a cluster's section of one engine to what the engine's kind reads: what every engine has apart from its own options. Pure.

import { defined } from '@fairlead/kit';
import type { EngineSettings } from '@fairlead/engines';

import type { EngineConfig } from './fairlead-config.ts';

export function engineSettingsOf(config: EngineConfig | undefined): EngineSettings {
  const { command, args = [], env = {}, readyLimitSeconds: _ready, stopLimitSeconds: _stop, ...options } = config ?? {};
  return { ...defined({ command }), args, env, options };
}
