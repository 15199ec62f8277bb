// The argv that runs a command inside a host. Pure.

import { path } from './boot-script.ts';
import type { Host } from './plan.ts';
import { TestbedError } from './errors.ts';
import { users } from './users.ts';

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
 * The signals that a terminal or a parent sends are for the command alone, so the shell ignores them. When the starter
 * is killed, the shell and the command are killed too.
 */
export function enterArgv(pid: number, argv: readonly string[], options: EnterOptions = {}): string[] {
  const user = options.user ?? 'alice';
  const enter = ['setpriv', '--pdeathsig', 'KILL', '--', ...namespacesOf(pid), '--no-fork', '--'];
  // bash, not sh: dash announces a killed command on a stderr that cannot be turned off.
  const wait = ['bash', '-c', waitInside, 'bash'];
  const clean = ['env', '-i', `--default-signal=${passedSignals.join(',')}`, ...environment(user, options.env)];
  const start = ['sh', '-c', 'cd "$0" && exec "$@"', options.cwd ?? homeOf(user)];
  return [...enter, ...wait, ...clean, ...become(user), ...start, ...argv];
}

export const passedSignals = ['HUP', 'INT', 'QUIT', 'TERM'] as const;

const waitInside = `trap '' ${passedSignals.join(' ')}; exec 9>&2 2>/dev/null; "$@" 2>&9 9>&-; exit $?`;

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

export function checkUser(user: string, host: Host): void {
  if (enterUsers.includes(user)) return;
  throw new TestbedError('bad_option', `cannot be "${user}" on ${host.name}`, {
    hint: `The users are ${enterUsers.join(', ')}.`,
  });
}
