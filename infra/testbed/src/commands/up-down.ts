// `up` and `down`.

import { openTestbed, type Testbed } from '../open-testbed.ts';
import { endKeeper } from '../namespaces/keeper.ts';
import { knownAddress, type Profile } from '../plan.ts';
import { isSameProcessAlive } from '../processes/process-id.ts';
import { readState, removeLeftovers, stateDirectory } from '../state.ts';

export interface UpOptions {
  base: string;
  name: string;
  nodes: number;
  logins: number;
  ipv6Bastion?: boolean;
  accounting?: boolean;
  profile: Profile;
  bind: string[];
  foreground?: boolean;
  ownerPid?: number;
}

export async function upCommand(options: UpOptions): Promise<number> {
  const startedMs = performance.now();
  const { base, name, nodes, logins, ipv6Bastion = false, accounting = false, profile, bind } = options;
  const stopped = options.foreground ? untilSignal() : undefined;
  const testbed = await openTestbed({ base, name, nodes, logins, ipv6Bastion, accounting, profile, binds: bind });
  process.stdout.write(`${describe(testbed, performance.now() - startedMs)}\n`);
  if (!stopped) {
    testbed.release(options.ownerPid);
    return 0;
  }
  process.stdout.write('Ctrl-C takes it down.\n');
  await Promise.race([stopped, testbed.ended]);
  await testbed[Symbol.asyncDispose]();
  return 0;
}

function describe(testbed: Testbed, tookMs: number): string {
  const { name } = testbed;
  const option = name === 'main' ? '' : ` --name ${name}`;
  const plan = testbed.plan();
  const hosts = plan.hosts.map((host) => {
    const addresses = host.interfaces.map((each) => knownAddress(plan, host, each));
    return `  ${host.name.padEnd(8)} ${addresses.join(', ')}`;
  });
  return [
    `The testbed "${name}" is up (${(tookMs / 1000).toFixed(1)} s):`,
    ...hosts,
    'Try:',
    `  npx pnpm@12 testbed exec laptop${option} -- fairlead --help`,
    `  npx pnpm@12 testbed exec login${option} -- sinfo`,
    `  npx pnpm@12 testbed down${option}`,
  ].join('\n');
}

function untilSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  return promise;
}

/** Does nothing when no testbed is up. Also removes the leftovers of a killed testbed of that name. */
export async function downCommand(options: { base: string; name: string }): Promise<number> {
  const directory = stateDirectory(options.base, options.name);
  const state = readState(directory);
  if (!state) {
    process.stdout.write(`No testbed "${options.name}" is up.\n`);
    return 0;
  }
  if (isSameProcessAlive(state.holder)) await endKeeper(state.holder);
  removeLeftovers(directory);
  process.stdout.write(`The testbed "${options.name}" is down.\n`);
  return 0;
}
