// The testbed without root: everything runs as the root of a user namespace. This process enters the namespace by replacing itself
// with another program.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isSameProcessAlive } from '../processes/process-id.ts';
import { readState, stateDirectory } from '../state.ts';

/** Whether this process is in a user namespace other than the machine's: its root is not the machine's root. */
export function isInUserNamespace(): boolean {
  return readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/).join(' ') !== '0 0 4294967295';
}

export interface Invocation {
  uid: number;
  base: string;
  /** Node, its options and the program. */
  program: readonly string[];
  /** The testbed's own arguments: those before `--`. */
  own: readonly string[];
  /** All arguments. */
  args: readonly string[];
}

/**
 * The argv to exec for a user who is not root: `up` and `test` make a user namespace with the range of ids in
 * /etc/subuid; the other commands enter the user namespace of their testbed. Undefined where this process can run the command itself.
 */
export function userNamespaceArgv(invocation: Invocation): string[] | undefined {
  const { uid, own, program, args } = invocation;
  if (uid === 0) return undefined;
  const command = own.find((word) => !word.startsWith('-'));
  if (command === 'up' || command === 'test') {
    return canMakeUserNamespace() ? [...newUserNamespace, '--', ...program, ...args] : undefined;
  }
  const name = nameOption(own);
  if (command === 'status' && name === undefined) return undefined;
  const state = readState(stateDirectory(invocation.base, name ?? 'main'));
  if (!state || !isSameProcessAlive(state.holder)) return undefined;
  return ['nsenter', '-t', String(state.holder.pid), '-U', '--', ...program, ...args];
}

const newUserNamespace = ['unshare', '-U', '--map-root-user', '--map-auto'];

/** Tries it: the kernel, its security modules, newuidmap and /etc/subuid must all permit it. */
function canMakeUserNamespace(): boolean {
  const [program, ...rest] = newUserNamespace;
  return spawnSync(program!, [...rest, '--', 'true'], { stdio: 'ignore' }).status === 0;
}

function nameOption(own: readonly string[]): string | undefined {
  const at = own.findIndex((word) => word === '--name' || word.startsWith('--name='));
  if (at < 0) return undefined;
  return own[at]!.includes('=') ? own[at]!.slice('--name='.length) : own[at + 1];
}
