// What this node gives the companion of the engine: a directory, ports, a token, and how much of the memory is the job's.

import { statfs } from 'node:fs/promises';
import type { CompanionPlace, EngineCompanion } from '@fairlead/engines';
import { defined, errnoOf, type Log } from '@fairlead/kit';
import type { InstanceSpec } from '@fairlead/protocol';
import { readJobIdentity } from '@fairlead/scheduler';
import { readJobMemory } from '../memory/read-job-memory.ts';
import { deriveCompanionSecret } from './companion-secret.ts';
import { findFreePorts } from './find-free-ports.ts';
import { openCommonDirectory } from './open-common-directory.ts';

export interface CompanionPlacesOptions {
  spec: InstanceSpec;
  companion: EngineCompanion;
  env: NodeJS.ProcessEnv;
  log: Log;
}

export interface CompanionPlaces extends AsyncDisposable {
  readonly directory: string;
  /** For a new start of the companion. Rejects with `companion_ports_taken`. */
  take: (python: readonly string[]) => Promise<CompanionPlace>;
  /** That of the last start. Throws before the first. */
  readonly current: CompanionPlace;
}

/** Disposing removes the directory: only when nothing of the companion is left. */
export async function openCompanionPlaces({
  spec,
  companion,
  env,
  log,
}: CompanionPlacesOptions): Promise<CompanionPlaces> {
  const { token, directoryName, firstPorts } = deriveCompanionSecret(spec, readJobIdentity(env), companion.portCount);
  const { scratchDir } = spec;
  const { maxDirectoryBytes } = companion;
  const directory = await openCommonDirectory({ scratchDir, name: directoryName, maxBytes: maxDirectoryBytes, log });
  let current: CompanionPlace | undefined;
  return {
    directory: directory.path,
    async take(python) {
      const ports = (await findFreePorts(firstPorts, companion.portCount)).map(String);
      const memoryBytes = memoryOf(env) ?? (await readJobMemory())?.limitBytes.toFixed();
      const known = defined({ memoryBytes, sharedMemoryBytes: await readSharedMemory() });
      current = { directory: directory.path, ports, secret: token, python, ...known };
      return current;
    },
    get current() {
      if (!current) throw new Error('the companion was not started');
      return current;
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** Undefined where there is no /dev/shm. */
async function readSharedMemory(): Promise<string | undefined> {
  try {
    const { bavail, bsize } = await statfs('/dev/shm');
    return String(bavail * bsize);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

const bytesPerMegabyte = 1024 * 1024;

/** The job's limit on this node in bytes, as Slurm tells it (sbatch(1), SLURM_MEM_PER_NODE). Undefined where it tells none. */
export function memoryOf(env: NodeJS.ProcessEnv): string | undefined {
  const number = (name: string) => Number(env[name] ?? 0);
  const megabytes = number('SLURM_MEM_PER_NODE') || number('SLURM_MEM_PER_CPU') * number('SLURM_CPUS_ON_NODE');
  return megabytes > 0 ? String(megabytes * bytesPerMegabyte) : undefined;
}
