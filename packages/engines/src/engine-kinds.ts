// The list of all engine kinds. A new engine is a folder and a line here.

import { CodedError } from '@fairlead/kit';
import { command } from './command/command.ts';
import type { EngineKind } from './port/engine-kind.ts';
import type { EngineSettingErrorCode } from './port/read-options.ts';
import { sim } from './sim/sim.ts';
import { vllm } from './vllm/vllm.ts';

export const engineKinds: readonly EngineKind[] = [vllm, sim, command];

export const defaultEngine = vllm.name;

/** Throws `engine_unknown`. */
export function findEngineKind(name: string): EngineKind {
  const found = engineKinds.find((kind) => kind.name === name);
  if (found) return found;
  throw new CodedError<EngineSettingErrorCode>(
    'engine_unknown',
    `cannot use the engine ${JSON.stringify(name)} because there is no such engine`,
    {
      hint: `Engines: ${engineKinds.map((kind) => kind.name).join(', ')}.`,
    },
  );
}
