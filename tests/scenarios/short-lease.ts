// Lets control of a world notice a lost agent within two seconds.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { World } from '@fairlead/testkit';

export const shortLeaseMs = 2000;

/** Starts control as the gate does, but for the times. The world ends it. */
export async function restartWithShortLease(world: World): Promise<void> {
  const [state, run] = [join(world.dir, 'bastion'), join(world.dir, 'run')];
  const pid = Number(await readFile(join(run, 'control.pid'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  const times = ['--lease-ms', String(shortLeaseMs), '--heartbeat-ms', '400'];
  const argv = [join(state, 'bin', 'control.mjs'), 'serve', '--state', state, '--run', run, ...times];
  const control = spawn(join(state, 'bin', 'node'), argv, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(control.stdout, 'data');
}
