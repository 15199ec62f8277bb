// From the name a person types to a full SshTarget, as ssh(1) would understand it: ssh_config, defaults, jump hosts.

import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { HostKeyPolicy, SshTarget } from './ssh-target.ts';
import { type HostSettings, pickHostSettings } from './ssh-config/host-settings.ts';
import { type JumpHost, parseJumpHosts, renderJumpHost } from './ssh-config/jump-hosts.ts';
import { readSshConfig } from './ssh-config/read-ssh-config.ts';
import { resolveSystemTarget } from './system-ssh/resolve-system-target.ts';
import type { SshTerminal } from './system-ssh/system-login.ts';
import { tunnelError } from './tunnel-error.ts';

export interface SshDestination {
  /** A host name, or a name that ssh_config knows. */
  host: string;
  port?: number | undefined;
  user?: string | undefined;
  /** Tried before those of ssh_config. */
  identityFile?: string | undefined;
  /** As `ssh -J`; wins over ssh_config. `none` for no jump host. */
  proxyJump?: string | undefined;
  /** Read instead of the usual files. */
  knownHostsFile?: string | undefined;
  /** `ssh`: the system's own ssh logs in, and reads its configuration itself. Default `ssh2`. */
  driver?: SshDriver | undefined;
}

export type SshDriver = 'ssh2' | 'ssh';

export interface ResolveDeps {
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Default `<home>/.ssh/config`. */
  sshConfigPath?: string | undefined;
  /** Default `/etc/ssh/ssh_config`. */
  systemConfigPath?: string | undefined;
  localUser?: string | undefined;
  askPassphrase?: ((file: string) => Promise<string | undefined>) | undefined;
  /** Present only where a human can answer; else unknown hosts are refused. */
  askHostKey?: Extract<HostKeyPolicy, { kind: 'known-hosts' }>['ask'] | undefined;
  /** Where the system's ssh may ask a person; absent: it asks nothing. */
  terminal?: SshTerminal | undefined;
}

const MAX_JUMPS = 8;

export async function resolveSshTarget(destination: SshDestination, deps: ResolveDeps): Promise<SshTarget> {
  if (destination.driver === 'ssh') return resolveSystemTarget(destination, deps);
  const { home, sshConfigPath = join(home, '.ssh', 'config'), systemConfigPath = '/etc/ssh/ssh_config' } = deps;
  const user = await readSshConfig(sshConfigPath, { home, includeDir: join(home, '.ssh') });
  const system = await readSshConfig(systemConfigPath, { home, includeDir: '/etc/ssh' });
  // The first value found wins, so the user's file stands first; `Host *` ends its last block.
  return resolve(destination, { ...deps, configText: `${user}\nHost *\n${system}` }, 0);
}

function resolve(destination: SshDestination, deps: ResolveDeps & { configText: string }, depth: number): SshTarget {
  if (depth > MAX_JUMPS) {
    throw tunnelError(
      'ssh_config_invalid',
      `cannot reach ${destination.host} because its jump hosts lead in a circle`,
      {
        hint: 'Look at ProxyJump in ~/.ssh/config.',
      },
    );
  }
  const { host, port, user, identityFile, proxyJump } = destination;
  const { home, env, localUser = userInfo().username, askPassphrase } = deps;
  const settings = pickHostSettings(deps.configText, { host, port, user, localUser, home, env });
  const jumps = proxyJump === undefined ? settings.jumpHosts : parseJumpHosts(proxyJump);
  const [...before] = jumps;
  const last = before.pop();
  return {
    host: settings.hostName,
    port: settings.port,
    user: settings.user,
    hostKeys: policyOf(settings, destination, deps),
    auth: {
      identityFiles: [...(identityFile === undefined ? [] : [inHome(identityFile, home)]), ...settings.identityFiles],
      identitiesOnly: settings.identitiesOnly,
      ...(settings.identityAgent !== undefined && { agentSocket: settings.identityAgent }),
      ...(askPassphrase && { askPassphrase }),
    },
    ...(settings.connectTimeoutMs !== undefined && { connectTimeoutMs: settings.connectTimeoutMs }),
    ...(last && { jump: resolve(jumpDestination(last, before, destination), deps, depth + 1) }),
    label: host === settings.hostName ? `${settings.user}@${host}` : `${settings.user}@${host} (${settings.hostName})`,
  };
}

/** The hosts before a jump host lead to it; where there are none, its own configuration says how to get there. */
function jumpDestination(jump: JumpHost, before: readonly JumpHost[], destination: SshDestination): SshDestination {
  const proxyJump = before.map(renderJumpHost);
  return {
    ...jump,
    knownHostsFile: destination.knownHostsFile,
    ...(before.length > 0 && { proxyJump: proxyJump.join(',') }),
  };
}

function policyOf(settings: HostSettings, { knownHostsFile }: SshDestination, deps: ResolveDeps): HostKeyPolicy {
  const own = knownHostsFile === undefined ? settings.userKnownHostsFiles : [inHome(knownHostsFile, deps.home)];
  const [addTo] = own;
  return {
    kind: 'known-hosts',
    files: knownHostsFile === undefined ? [...own, ...settings.globalKnownHostsFiles] : own,
    ...(deps.askHostKey && { ask: deps.askHostKey }),
    ...(addTo !== undefined && { addTo }),
    ...(settings.hostKeyAlias !== undefined && { alias: settings.hostKeyAlias }),
  };
}

function inHome(path: string, home: string): string {
  return path.startsWith('~/') ? join(home, path.slice(2)) : path;
}
