// Measures what it costs the agent, which stores and parses every line, when an engine prints many megabytes a second.

import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { readProcess, readProcesses } from '../harness/processes.ts';
import type { StartedAgent } from './start-agent.ts';

export interface Flood {
  takenMBPerSecond: number;
  /** Percent of one core. */
  percent: number;
  residentMB: number;
}

/** The simulator prints each portion at once: small portions make a steady stream. */
const portionsPerSecond = 10;

export async function measureFlood(
  { pid, dir }: StartedAgent,
  { seconds, megabytesPerSecond }: { seconds: number; megabytesPerSecond: number },
): Promise<Flood> {
  const engine = (await readProcesses()).find(({ argv }) => argv.includes(dir) && argv.includes(' --uds '));
  const socketPath = / --uds (\S+)/.exec(engine?.argv ?? '')?.[1];
  if (socketPath === undefined) throw new Error('the agent has no engine');
  const megabytes = megabytesPerSecond / portionsPerSecond;
  const before = await readProcess(pid);
  const startedMs = performance.now();
  const portions = Math.round(seconds * portionsPerSecond);
  for (let portion = 0; portion < portions; portion++) {
    await orderLog(socketPath, megabytes);
    const dueMs = startedMs + ((portion + 1) * 1000) / portionsPerSecond;
    await delay(Math.max(0, dueMs - performance.now()));
  }
  const after = await readProcess(pid);
  if (!before || !after) throw new Error('the agent ended under the flood');
  const tookSeconds = (performance.now() - startedMs) / 1000;
  return {
    takenMBPerSecond: (portions * megabytes) / tookSeconds,
    percent: ((after.cpuSeconds - before.cpuSeconds) * 100) / tookSeconds,
    residentMB: after.residentMB,
  };
}

/** Resolves when the simulator has printed the portion, which blocks while the agent does not read. */
async function orderLog(socketPath: string, megabytes: number): Promise<void> {
  const asked = request({ socketPath, method: 'POST', path: '/sim/fault', agent: false });
  asked.end(JSON.stringify({ fault: `log:${megabytes}` }));
  const [response] = await once(asked, 'response');
  response.resume();
  await once(response, 'end');
  if (response.statusCode !== 200) throw new Error(`the simulator answered ${response.statusCode}`);
}
