// Where deployments start: the testbed with its Slurm and firewall if it can run on this machine, else a world of this user.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { Scope } from '@fairlead/kit';
import { findMissingHere, openTestbed } from '@fairlead/testbed';
import { openWorld } from '@fairlead/testkit';

import { built } from '../harness/built.ts';

export interface StartPlace {
  kind: 'testbed' | 'world';
  /** For a world: why it is not the testbed. */
  because?: string;
  /** Runs the built CLI. */
  fairlead(...args: string[]): ChildProcess;
  /** Runs another program on the laptop. */
  command(...argv: string[]): ChildProcess;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Where the testbed's laptop sees the checkout and Node (infra/testbed/src/hosts/boot-script.ts). */
const onLaptop = { node: '/opt/fairlead-node/node', checkout: '/opt/fairlead/' };

export async function openPlace(scope: Scope, wanted: { world: boolean }): Promise<StartPlace> {
  const cli = await built('cli');
  const missing = wanted.world ? ['it was to be a world'] : findMissingHere();
  if (missing.length > 0) return { ...(await worldPlace(scope, cli)), because: missing.join('; ') };
  const testbed = scope.use(await openTestbed({ nodes: 1 }));
  const command = (...argv: string[]) => testbed.spawn('laptop', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const main = cli.replace(root, onLaptop.checkout);
  return { kind: 'testbed', command, fairlead: (...args) => command(onLaptop.node, main, ...args) };
}

async function worldPlace(scope: Scope, cli: string): Promise<StartPlace> {
  const world = scope.use(await openWorld());
  const command = (program: string, ...args: string[]) =>
    spawn(program, args, { cwd: world.dir, env: world.env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  return {
    kind: 'world',
    command: (program = '', ...args) => command(program, ...args),
    fairlead: (...args) => command(process.execPath, cli, ...args),
  };
}
