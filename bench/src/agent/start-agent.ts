// Starts one agent as the job script does, and times it from its start to its first message at control.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

import type { Scope } from '@fairlead/kit';
import { controlIdentity, openAgentWorld, openFakeControl } from '@fairlead/node-agent/testing';

export interface StartedAgent {
  pid: number;
  /** The directory of the agent's files and its engine's socket. */
  dir: string;
  firstHeartbeatMs: number;
  /** Milliseconds from the start. */
  readyMs: Promise<number>;
}

/** Control's own interval; the welcome tells it to the agent. */
const heartbeatMs = 5_000;

export async function startAgent(scope: Scope, programs: { agent: string; engineSim: string }): Promise<StartedAgent> {
  const world = scope.use(await openAgentWorld(['--sim-admin']));
  const control = scope.use(await openFakeControl({ runDir: world.runDir, identity: controlIdentity, heartbeatMs }));
  // The defaults of a deployment, not the short intervals of the tests.
  const spec = await world.writeSpec({ health: {} });
  // As packages/launch/src/job/job-files.ts starts it.
  const node = ['--disable-sigusr1', '--max-semi-space-size=2'];
  const argv = [...node, programs.agent, '--spec', spec, '--engine-sim', programs.engineSim];
  const startedMs = performance.now();
  const child = spawn(process.execPath, argv, { stdio: 'ignore', env: { PATH: process.env['PATH'] ?? '' } });
  scope.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGINT');
    await gone;
  });
  const readyMs = control
    .heard('instance.reported', ({ state }) => state.status === 'ready')
    .then(() => performance.now() - startedMs);
  await control.heard('instance.reported');
  return { pid: child.pid ?? 0, dir: world.dir, firstHeartbeatMs: performance.now() - startedMs, readyMs };
}
