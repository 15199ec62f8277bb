// Boots hosts, joins them to the networks and starts their daemons; crashes them and boots them again.

import { join } from 'node:path';
import { hostBootScript, type BootFiles } from './boot-script.ts';
import { enterArgv, namespacesOf } from './enter.ts';
import { TestbedError } from '../errors.ts';
import { startNamespaces } from '../namespaces/namespaces.ts';
import { findHost, linkName, type PlannedHost, type Plan } from '../plan.ts';
import { isSameProcessAlive, killNow, type ProcessId } from '../processes/process-id.ts';
import { mustRun, runArgv, type FinishedCommand } from '../processes/run-command.ts';
import { linkBatch, nodeStatesArgv, startScript } from './start-script.ts';
import type { TestbedState } from '../state.ts';
import { untilEnded } from '../processes/until-ended.ts';

export async function bootHost(host: PlannedHost, router: ProcessId, files: BootFiles): Promise<ProcessId> {
  const started = await startNamespaces({
    name: host.name,
    script: hostBootScript(host, files),
    logFile: join(files.state, 'log', host.name, 'boot.log'),
    inside: router.pid,
  });
  return started.init;
}

/** Makes the links of all given hosts with one command in the router, then starts each host's daemons. */
export async function startHosts(state: TestbedState, plan: Plan, hosts: readonly PlannedHost[]): Promise<void> {
  const batch = hosts.map((host) => linkBatch(host, initOf(state, host).pid)).join('');
  await inRouter(state, batch);
  const cut = state.cut.map((name) => findHost(plan, name));
  await Promise.all(
    hosts.map((host) =>
      inHost(state, host, startScript(host, plan, { cut, rootless: state.rootless, accounting: state.accounting })),
    ),
  );
}

/** The init of a running host. */
export function initOf(state: TestbedState, host: PlannedHost): ProcessId {
  const init = state.hosts[host.name];
  if (init && isSameProcessAlive(init)) return init;
  throw new TestbedError('host_down', `cannot use ${host.name} because it is down`, {
    hint: `Boot it with: npx pnpm@12 testbed boot ${host.name} --name ${state.name}`,
  });
}

/** Like a power failure: removes the links first, so that dying processes cannot close their connections. */
export async function crashHost(state: TestbedState, host: PlannedHost): Promise<void> {
  const init = initOf(state, host);
  await inRouter(state, host.interfaces.map((_, index) => `link del ${linkName(host, index)}\n`).join(''));
  killNow(init);
  await untilEnded(init);
}

async function inRouter(state: TestbedState, batch: string): Promise<void> {
  await mustRun(['nsenter', '-t', String(state.router!.pid), '-n', 'ip', '-batch', '-'], { stdin: batch });
}

/** Runs a bash script of the testbed as root in a host. */
async function inHost(state: TestbedState, host: PlannedHost, script: string): Promise<string> {
  const pid = initOf(state, host).pid;
  return mustRun([...namespacesOf(pid), '--', 'bash', '-euc', script]);
}

export async function loadCut(state: TestbedState, bastion: PlannedHost, rules: string): Promise<void> {
  await mustRun([...namespacesOf(initOf(state, bastion).pid), '--', 'nft', '-f', '-'], { stdin: rules });
}

export async function changeRouter(state: TestbedState, nftArgs: readonly string[]): Promise<void> {
  await mustRun(['nsenter', '-t', String(state.router!.pid), '-n', '--', 'nft', ...nftArgs]);
}

export async function readNodeStates(state: TestbedState, plan: Plan): Promise<FinishedCommand> {
  const login = findHost(plan, 'login');
  // `status` also calls this from outside the user namespace.
  const into =
    state.rootless && process.getuid?.() !== 0 ? ['nsenter', '-t', String(state.holder.pid), '-U', '--'] : [];
  return runArgv([
    ...into,
    ...enterArgv(initOf(state, login).pid, login, nodeStatesArgv(plan), { user: 'root', cwd: '/' }),
  ]);
}
