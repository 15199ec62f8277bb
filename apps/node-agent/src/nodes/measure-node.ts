// What this node uses now: its GPUs, the memory of the job, the agent itself.

import { type Clock, defined, openTimeLimit, untilAborted } from '@fairlead/kit';
import type { NodeFigures } from '@fairlead/protocol';
import { type AskProgram, type GpuLoad, readGpuLoad } from '@fairlead/scheduler';
import { readJobMemory } from '../memory/read-job-memory.ts';

export interface Measuring {
  env: NodeJS.ProcessEnv;
  run: AskProgram;
  clock: Clock;
}

const gpuTimeoutMs = 2_000;

/** Resolves within some seconds, without the GPUs where their program does not answer. */
export async function measureNode(measuring: Measuring): Promise<NodeFigures> {
  const [gpus, memory] = await Promise.all([readGpus(measuring), readJobMemory()]);
  return { gpus, agent: usageOf(), ...defined({ memory }) };
}

async function readGpus({ env, run, clock }: Measuring): Promise<GpuLoad[]> {
  using limit = openTimeLimit(clock, gpuTimeoutMs);
  return await untilAborted(readGpuLoad(env, run, limit.signal), limit.signal).catch((error: unknown) => {
    if (limit.signal.aborted) return [];
    throw error;
  });
}

function usageOf(): NodeFigures['agent'] {
  const { user, system } = process.cpuUsage();
  return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 };
}
