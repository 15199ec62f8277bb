// The argv that runs a command inside a host. Pure.

import { machineLayers, path } from './boot-script.ts';
import { TestbedError } from '../errors.ts';
import type { PlannedHost } from '../plan.ts';
import { users } from '../people/users.ts';

export interface EnterOptions {
  /** Default: alice. */
  user?: string;
  env?: Readonly<Record<string, string>>;
  /** Default: the user's home. */
  cwd?: string;
}

export const enterUsers: readonly string[] = ['root', ...users.map(({ name }) => name)];

/** All namespaces of a host's init. */
export function namespacesOf(pid: number): string[] {
  return ['nsenter', '-t', String(pid), '-m', '-u', '-i', '-n', '-p'];
}

/**
 * A shell stays outside the host's pid namespace and reports how the command inside ended, signals as 128 + number.
 * When the starter is killed, the shell and the command are killed too.
 */
export function enterArgv(
  pid: number,
  host: PlannedHost,
  argv: readonly string[],
  options: EnterOptions = {},
): string[] {
  const user = options.user ?? 'alice';
  const enter = ['setpriv', '--pdeathsig', 'KILL', '--', ...namespacesOf(pid), '--no-fork', '--'];
  // bash, not sh: dash announces a killed command on a stderr that cannot be turned off.
  const wait = ['bash', '-c', waitScript(host), 'bash'];
  const clean = ['env', '-i', ...environment(user, options.env)];
  const start = ['sh', '-c', 'cd "$0" && exec "$@"', options.cwd ?? homeOf(user)];
  return [...enter, ...wait, ...clean, ...become(user), ...start, ...argv];
}

/** The signals with which a terminal or a parent ends a command: the shell passes them to the command. */
export const passedSignals = { HUP: 1, INT: 2, QUIT: 3, TERM: 15 } as const;

function waitScript(host: PlannedHost): string {
  const early = Object.entries(passedSignals).map(([name, number]) => `trap 'exit ${128 + number}' ${name}`);
  const refresh = host.role === 'laptop' ? `{ ${refreshLayers}; } </dev/null >/dev/null` : ':';
  const wait = `trap : ${Object.keys(passedSignals).join(' ')}; "$@" 2>&9 9>&-; exit $?`;
  return ['umask 022', ...early, 'exec 9>&2 2>/dev/null', refresh, wait].join('; ');
}

/**
 * The laptop sees the machine's present files: a remount drops the kernel's cache of the lower layer. The script also opens
 * the machine's private directories to the laptop's users; their mode changes only in the laptop's layer.
 */
const refreshLayers =
  `for layer in ${machineLayers.join(' ')}; do mount -n -o remount,rw -t overlay layer "$layer"; done; ` +
  `find ${machineLayers.join(' ')} /var/tmp -xdev -maxdepth 3 \\( -name .ssh -o -name .gnupg \\) -prune -o ` +
  `-type d ! -perm -005 ${users.map(({ uid }) => `! -uid ${uid}`).join(' ')} -exec chmod o+rx {} +`;

function environment(user: string, more: EnterOptions['env']): string[] {
  const all: Record<string, string> = {
    PATH: path,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    HOME: homeOf(user),
    USER: user,
    LOGNAME: user,
    SHELL: '/bin/bash',
    ...more,
  };
  return Object.entries(all).map(([name, value]) => `${name}=${value}`);
}

function become(user: string): string[] {
  const drop = ['--bounding-set=-all', '--inh-caps=-all'];
  const identity = user === 'root' ? [] : [`--reuid=${user}`, `--regid=${user}`, '--init-groups', ...drop];
  return ['setpriv', ...identity, '--pdeathsig', 'KILL', '--'];
}

function homeOf(user: string): string {
  return user === 'root' ? '/root' : `/home/${user}`;
}

export function checkUser(user: string, host: PlannedHost): void {
  if (enterUsers.includes(user)) return;
  throw new TestbedError('bad_option', `cannot be "${user}" on ${host.name}`, {
    hint: `The users are ${enterUsers.join(', ')}.`,
  });
}
