// The user's own `ssh -L` to an endpoint, as words of a command line. Pure.

import { join } from 'node:path/posix';

import type { SshRoute } from '@fairlead/protocol';

export interface SshLineOptions {
  route: SshRoute;
  /** On the bastion. */
  socket: string;
  /** Where it listens on this machine. */
  bind: string;
  port: number;
  home: string;
}

/** Of a jump host with a name of its own in ssh_config nothing else is needed: `ssh` reads that file itself. */
export function sshLine({ route, socket, bind, port, home }: SshLineOptions): string[] {
  const { host, user, identityFile, knownHostsFile, proxyJump } = route;
  const address = bind.includes(':') ? `[${bind}]` : bind;
  return [
    'ssh',
    '-N',
    ...(route.port === undefined ? [] : ['-p', String(route.port)]),
    ...(identityFile === undefined ? [] : ['-i', absolute(identityFile, home)]),
    ...(knownHostsFile === undefined ? [] : ['-o', `UserKnownHostsFile=${absolute(knownHostsFile, home)}`]),
    ...(proxyJump === undefined ? [] : ['-J', proxyJump]),
    '-o',
    'ExitOnForwardFailure=yes',
    '-L',
    `${address}:${port}:${socket}`,
    user === undefined ? host : `${user}@${host}`,
  ];
}

/** A shell does not expand `~` in quotes. */
function absolute(path: string, home: string): string {
  return path.startsWith('~/') ? join(home, path.slice(2)) : path;
}
