// The list of engines whose build can be read. An engine that is not in it gets its arguments as they are planned.

import type { EngineBuildKind } from './port/engine-build.ts';
import { vllmBuild } from './vllm/build/fit-plan.ts';

export const engineBuilds: ReadonlyMap<string, EngineBuildKind> = new Map([['vllm', vllmBuild]]);
