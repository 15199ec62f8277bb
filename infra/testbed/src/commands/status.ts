// `status`: the testbeds, and which hosts of each are up.

import { join } from 'node:path';
import { readNodeStates } from '../hosts/hosts.ts';
import { addressesOf } from '../plan.ts';
import { isSameProcessAlive } from '../processes/process-id.ts';
import type { ProcessTracking } from '../slurm/slurm-conf.ts';
import { listNames, planOf, readState, type TestbedState } from '../state.ts';

export interface TestbedStatus {
  name: string;
  directory: string;
  up: boolean;
  profile: string;
  tracking: ProcessTracking;
  hosts: Array<{ name: string; addresses: string[]; up: boolean; cut: boolean }>;
  /** Each node's state in Slurm's words. */
  slurm: Record<string, string>;
}

export async function statusCommand(options: { base: string; name?: string; json?: boolean }): Promise<number> {
  const names = options.name === undefined ? listNames(options.base) : [options.name];
  const testbeds = await Promise.all(names.map((name) => readStatus(join(options.base, name))));
  const found = testbeds.filter((each) => each !== undefined);
  process.stdout.write(options.json ? `${JSON.stringify({ testbeds: found })}\n` : show(found));
  return options.name !== undefined && !found.some((each) => each.up) ? 1 : 0;
}

async function readStatus(directory: string): Promise<TestbedStatus | undefined> {
  const state = readState(directory);
  if (!state) return undefined;
  const up = isSameProcessAlive(state.holder);
  const hosts = planOf(state).hosts.map((host) => ({
    name: host.name,
    addresses: addressesOf(host),
    up: state.hosts[host.name] !== undefined && isSameProcessAlive(state.hosts[host.name]!),
    cut: state.cut.includes(host.name),
  }));
  const { name, profile, tracking } = state;
  return { name, directory, up, profile, tracking, hosts, slurm: await readSlurm(state, hosts) };
}

async function readSlurm(state: TestbedState, hosts: TestbedStatus['hosts']): Promise<Record<string, string>> {
  if (!hosts.some((host) => host.name === 'login' && host.up)) return {};
  const answer = await readNodeStates(state, planOf(state));
  const lines = answer.stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => line.split(' ') as [string, string]));
}

function show(testbeds: readonly TestbedStatus[]): string {
  if (testbeds.length === 0) return 'No testbed is up.\n';
  return testbeds.map(showOne).join('\n');
}

function showOne(testbed: TestbedStatus): string {
  const lines = testbed.hosts.map((host) => {
    const words = [
      host.up ? 'up' : 'down',
      testbed.slurm[host.name],
      host.cut ? 'cut off from the bastion' : undefined,
    ];
    return `  ${host.name.padEnd(8)} ${host.addresses.join(', ').padEnd(26)} ${words.filter(Boolean).join(', ')}`;
  });
  const note =
    testbed.tracking === 'pgid'
      ? ['  Slurm follows process groups only (no usable cgroups here): processes that leave theirs survive their job.']
      : [];
  const head = `${testbed.name}: ${testbed.up ? 'up' : 'left behind by a killed process'}, profile ${testbed.profile}, processes followed by ${testbed.tracking}`;
  return [head, ...lines, ...note, `  logs in ${join(testbed.directory, 'log')}`, ''].join('\n');
}
