// Where the agent's node-local directory may lie: as the spec says, else where the job's temporary files are.

import type { Clock, Log } from '@fairlead/kit';
import type { InstanceSpec } from '@fairlead/protocol';
import { type NodeDirectory, openNodeDirectory } from './open-node-directory.ts';

interface Surroundings {
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Log;
}

export function openScratch({ scratchDir }: InstanceSpec, { env, clock, log }: Surroundings): Promise<NodeDirectory> {
  const candidates = [scratchDir, env['TMPDIR'], '/tmp'];
  return openNodeDirectory(
    candidates.filter((path): path is string => path !== undefined && path !== ''),
    { clock, log },
  );
}
