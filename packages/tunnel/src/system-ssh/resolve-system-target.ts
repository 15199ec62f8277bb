// From the name a person types to a target for the system's ssh, which is asked what it makes of that name (`ssh -G`).

import { join } from 'node:path';

import type { ResolveDeps, SshDestination } from '../resolve-ssh-target.ts';
import type { HostKeyPolicy, SshTarget } from '../ssh-target.ts';
import { tunnelError } from '../tunnel-error.ts';
import { type EffectiveSettings, parseEffectiveSettings } from './effective-settings.ts';
import { runSsh } from './run-ssh.ts';
import { settingsArguments } from './ssh-arguments.ts';
import type { SystemLogin } from './system-login.ts';

type Deps = Pick<ResolveDeps, 'home' | 'env' | 'sshConfigPath' | 'terminal'>;

export async function resolveSystemTarget(destination: SshDestination, deps: Deps): Promise<SshTarget> {
  const { host, proxyJump } = destination;
  const { home, env, sshConfigPath, terminal } = deps;
  const inHome = (path: string | undefined) => (path?.startsWith('~/') ? join(home, path.slice(2)) : path);
  const way = {
    name: host,
    identityFile: inHome(destination.identityFile),
    proxyJump,
    knownHostsFile: inHome(destination.knownHostsFile),
    configPath: sshConfigPath,
  };
  const settings = await askSettings(way, destination, env);
  const { hostName, port, user } = settings;
  return {
    host: hostName,
    port,
    user,
    hostKeys: policyOf(way, settings),
    auth: {},
    label: host === hostName ? `${user}@${host}` : `${user}@${host} (${hostName})`,
    system: { ...way, settings, env, terminal },
  };
}

async function askSettings(
  way: Parameters<typeof settingsArguments>[0],
  destination: SshDestination,
  env: ResolveDeps['env'],
): Promise<EffectiveSettings> {
  const { code, stdout, stderr } = await runSsh(settingsArguments(way, destination), env);
  const settings = parseEffectiveSettings(stdout);
  if (code === 0 && settings.hostName !== '') return settings;
  throw tunnelError('ssh_config_invalid', `cannot ask ssh about ${way.name}: ${stderr.trim() || `exit code ${code}`}`, {
    hint: `Run \`ssh -G ${way.name}\`: it names the line.`,
  });
}

function policyOf({ knownHostsFile }: Pick<SystemLogin, 'knownHostsFile'>, settings: EffectiveSettings): HostKeyPolicy {
  const { knownHostsFiles, hostKeyAlias } = settings;
  return {
    kind: 'known-hosts',
    files: knownHostsFile === undefined ? knownHostsFiles : [knownHostsFile],
    ...(hostKeyAlias === undefined ? {} : { alias: hostKeyAlias }),
  };
}
