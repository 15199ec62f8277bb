// Resolves the name that a user types to a target for the system's ssh, with the settings that `ssh -G` shows for it.

import { defined } from '@fairlead/kit';
import { join } from 'node:path';

import type { ResolveDeps, SshDestination } from '../ssh-destination.ts';
import { keptKnownHosts } from '../ssh-config/kept-known-hosts.ts';
import type { HostKeyPolicy, SshTarget } from '../ssh-target.ts';
import { askSsh, type AskedWay } from './ask-ssh.ts';
import type { EffectiveSettings } from './effective-settings.ts';

type Deps = Pick<ResolveDeps, 'home' | 'env' | 'sshConfigPath' | 'terminal'>;

export async function resolveSystemTarget(destination: SshDestination, deps: Deps): Promise<SshTarget> {
  const settings = await askSsh(askedWay(destination, deps), deps.env);
  return systemTarget(destination, deps, { settings, because: 'the configuration says `driver: ssh`' });
}

export function askedWay(destination: SshDestination, { home, sshConfigPath }: Deps): AskedWay {
  const { host, proxyJump, identityFile, port, user } = destination;
  return { name: host, identityFile: inHome(identityFile, home), proxyJump, configPath: sshConfigPath, port, user };
}

export function systemTarget(
  destination: SshDestination,
  deps: Deps,
  { settings, because }: { settings: EffectiveSettings; because: string },
): SshTarget {
  const { env, terminal, home } = deps;
  const { name, identityFile, proxyJump, configPath } = askedWay(destination, deps);
  const knownHostsFile = inHome(destination.knownHostsFile, home);
  const { hostName, port, user } = settings;
  const { files, kept } = keptKnownHosts(settings.userKnownHostsFiles, home);
  const hostKeys: HostKeyPolicy = {
    kind: 'known-hosts',
    files: knownHostsFile === undefined ? [...files, ...settings.globalKnownHostsFiles] : [knownHostsFile],
    ...defined({ alias: settings.hostKeyAlias }),
  };
  return {
    host: hostName,
    port,
    user,
    hostKeys,
    auth: {},
    label: name === hostName ? `${user}@${name}` : `${user}@${name} (${hostName})`,
    system: {
      name,
      identityFile,
      proxyJump,
      configPath,
      knownHostsFile,
      settings,
      env,
      terminal,
      because,
      ...(kept !== undefined && knownHostsFile === undefined && { keptKnownHosts: kept }),
    },
  };
}

function inHome(path: string | undefined, home: string): string | undefined {
  return path?.startsWith('~/') ? join(home, path.slice(2)) : path;
}
