// The keeper: a process of its own that holds the testbed's outermost namespaces and removes everything at the end.
// It ends on SIGTERM, at the end of its standard input (its owner holds the other side), or with the process that it was told to follow.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { errnoOf, systemClock } from '@fairlead/kit';
import { removeCgroups } from '../slurm/cgroups.ts';
import { startNamespaces } from './namespaces.ts';
import { HeldNamespaces } from './namespace-members.ts';
import { isSameProcessAlive, killNow, readProcessId } from '../processes/process-id.ts';
import { cgroupsOf, readState, type TestbedState } from '../state.ts';
import { untilEnded } from '../processes/until-ended.ts';

/** One line on standard input. */
export type KeeperOrder = { order: 'release' } | { order: 'follow'; pid: number };

async function runKeeper(directory: string): Promise<void> {
  const script = readFileSync(join(directory, 'router.sh'), 'utf8');
  const router = await startNamespaces({ name: 'router', script, logFile: join(directory, 'log', 'router.log') });
  process.stdout.on('error', ignoreBrokenPipe);
  process.stdout.write(`${JSON.stringify({ keeper: readProcessId(process.pid), router: router.init })}\n`);
  await Promise.race([untilSignal(), untilOwnerEnds(), router.ended]);
  const state = readState(directory);
  const namespaces = new HeldNamespaces(runningHosts(state));
  killNow(router.init);
  await router.ended;
  await endVisitors(namespaces);
  // Their mounts go with them, before the files below are removed.
  namespaces[Symbol.dispose]();
  await removeAll(directory, state);
}

/** The owner may end before it reads the answer: the end of standard input shows that, and the keeper removes what the owner began. */
function ignoreBrokenPipe(error: Error): void {
  if (errnoOf(error) !== 'EPIPE') throw error;
}

function untilSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => resolve());
  return promise;
}

/** Reads the owner's orders. When the owner ends without `release`, the testbed ends. */
async function untilOwnerEnds(): Promise<void> {
  let released = false;
  const followed: Array<Promise<void>> = [];
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as KeeperOrder;
    if (order.order === 'release') released = true;
    else followed.push(untilProcessEnds(order.pid));
  }
  if (released) await (followed.length > 0 ? Promise.race(followed) : new Promise(() => {}));
}

async function untilProcessEnds(pid: number): Promise<void> {
  const id = readProcessId(pid);
  if (id) await untilEnded(id, 100);
}

function runningHosts(state: TestbedState | undefined): number[] {
  return Object.values(state?.hosts ?? {})
    .filter(isSameProcessAlive)
    .map(({ pid }) => pid);
}

/** The shells that wait for an `exec` end with their command; this ends every other process that entered the namespaces. */
async function endVisitors(namespaces: HeldNamespaces): Promise<void> {
  for (let tries = 0; namespaces.members().length > 0; tries += 1) {
    const left = tries < 20 ? [] : namespaces.members().map(readProcessId);
    for (const id of left) if (id) killNow(id);
    await systemClock.sleep(5);
  }
}

async function removeAll(directory: string, state: TestbedState | undefined): Promise<void> {
  let busy = state ? cgroupsOf(state) : [];
  // The kernel frees a cgroup a moment after its last process has ended, and has no event for it.
  for (let tries = 0; busy.length > 0 && tries < 200; tries += 1) {
    busy = removeCgroups(busy);
    if (busy.length > 0) await systemClock.sleep(10);
  }
  rmSync(directory, { recursive: true, force: true });
}

await runKeeper(process.argv[2]!);
process.exit(0);
