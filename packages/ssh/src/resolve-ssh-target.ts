// Resolves the name that a user types to a full SshTarget, as ssh(1) would: ssh_config, defaults, jump hosts. Asks OpenSSH
// (`ssh -G`) if it is on this machine; else our own reader of ssh_config answers. Chooses the driver, too.

import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';

import { defined, errnoOf, isCodedError } from '@fairlead/kit';

import { type HostQuestion, type HostSettings, pickHostSettings } from './ssh-config/host-settings.ts';
import { type ConfiguredJump, renderJumpHost } from './ssh-config/jump-hosts.ts';
import { keptKnownHosts } from './ssh-config/kept-known-hosts.ts';
import { readSshConfig } from './ssh-config/read-ssh-config.ts';
import type { HostKeyPolicy, SshTarget } from './ssh-target.ts';
import { askSsh } from './system-ssh/ask-ssh.ts';
import { type BeyondSsh2, whatSsh2Lacks } from './system-ssh/beyond-ssh2.ts';
import type { EffectiveSettings } from './system-ssh/effective-settings.ts';
import { askedWay, resolveSystemTarget, systemTarget } from './system-ssh/resolve-system-target.ts';
import { settingsFromSsh } from './system-ssh/settings-from-ssh.ts';
import type { ResolveDeps, SshDestination } from './ssh-destination.ts';
import { sshError } from './ssh-error.ts';

const maxJumps = 8;

/** Throws `ssh_config_invalid` for a configuration that neither ssh nor our own reader understands. */
export async function resolveSshTarget(destination: SshDestination, deps: ResolveDeps): Promise<SshTarget> {
  if (destination.driver === 'ssh') return resolveSystemTarget(destination, deps);
  const asked = canAskSsh(deps)
    ? await unlessNoSsh(resolve(destination, { deps, read: askingSsh(deps) }, 0))
    : undefined;
  if (!asked) return (await resolve(destination, { deps, read: await ownReader(deps) }, 0)).target;
  const { target, lacks, effective } = asked;
  if (lacks === undefined || !effective) return target;
  if (destination.driver === undefined)
    return systemTarget(destination, deps, { settings: effective, because: lacks.why });
  if (lacks.kind === 'login') return target;
  throw sshError('ssh_config_invalid', `cannot reach ${destination.host} with \`driver: ssh2\` because ${lacks.why}`, {
    hint: "Leave `driver` out, so that the system's ssh may log in, or use ProxyJump where it can do the same.",
  });
}

/** Not on Windows, where its answers were never tested; and not with another HOME, because ssh reads the account's files. */
function canAskSsh({ home, localUser, systemConfigPath }: ResolveDeps): boolean {
  if (process.platform === 'win32' || localUser !== undefined || systemConfigPath !== undefined) return false;
  return home === account()?.homedir;
}

/** Undefined if the system has no entry for this account, as in some containers. */
function account(): { username: string; homedir: string } | undefined {
  try {
    return userInfo();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

function accountName(env: ResolveDeps['env']): string {
  return account()?.username ?? env['USER'] ?? env['LOGNAME'] ?? String(process.getuid?.());
}

async function unlessNoSsh<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (!isCodedError(error, 'ssh_unusable')) throw error;
    return undefined;
  }
}

interface Reading {
  settings: HostSettings;
  lacks?: BeyondSsh2 | undefined;
  effective?: EffectiveSettings;
}

type Read = (destination: SshDestination) => Promise<Reading>;

function askingSsh(deps: ResolveDeps): Read {
  return async (destination) => {
    const effective = await askSsh(askedWay(destination, deps), deps.env);
    const question = questionOf(destination, deps);
    try {
      const settings = settingsFromSsh(effective, question);
      // ssh's list of identity files already begins with the one that the user typed.
      return { settings, effective, lacks: await whatSsh2Lacks({ effective, settings, question }) };
    } catch (error) {
      if (!isCodedError(error, 'ssh_config_invalid')) throw error;
      const { userKnownHostsFiles, globalKnownHostsFiles, hostName, port, user } = effective;
      const known = { userKnownHostsFiles, globalKnownHostsFiles, hostName, port, user };
      return { settings: { ...nothing, ...known }, effective, lacks: { kind: 'way', why: error.message } };
    }
  };
}

const nothing = {
  identityFiles: [],
  identitiesOnly: false,
  identityAgent: undefined,
  hostKeyAlias: undefined,
  connectTimeoutMs: undefined,
  jumpHosts: [],
};

async function ownReader(deps: ResolveDeps): Promise<Read> {
  const { home, sshConfigPath, systemConfigPath } = deps;
  const user = await readSshConfig(sshConfigPath ?? join(home, '.ssh', 'config'), {
    home,
    includeDir: join(home, '.ssh'),
  });
  // As with `ssh -F`: a file that the caller names replaces both usual files.
  const path = systemConfigPath ?? (sshConfigPath === undefined ? '/etc/ssh/ssh_config' : undefined);
  const system = path === undefined ? [] : await readSshConfig(path, { home, includeDir: '/etc/ssh' });
  return async (destination) => {
    const settings = pickHostSettings([user, system], questionOf(destination, deps));
    const { identityFile } = destination;
    const typed = identityFile === undefined ? [] : [inHome(identityFile, home)];
    return { settings: { ...settings, identityFiles: [...typed, ...settings.identityFiles] } };
  };
}

function questionOf({ host, port, user, proxyJump }: SshDestination, deps: ResolveDeps): HostQuestion {
  const { home, env, localUser = accountName(env) } = deps;
  return { host, port, user, proxyJump, home, env, localUser, uid: process.getuid?.(), localHost: hostname() };
}

async function resolve(
  destination: SshDestination,
  { deps, read }: { deps: ResolveDeps; read: Read },
  depth: number,
): Promise<Reading & { target: SshTarget }> {
  if (depth > maxJumps) {
    throw sshError(
      'ssh_config_invalid',
      `cannot use ${destination.host} as a jump host because it would be the ${depth}th in a row: at most ${maxJumps} are possible`,
      { hint: 'Look at ProxyJump in ~/.ssh/config: the jump hosts may lead in a circle.' },
    );
  }
  const reading = await read(destination);
  const { settings } = reading;
  const [...before] = settings.jumpHosts;
  const last = before.pop();
  const jump = last && (await resolve(jumpDestination(last, before, destination), { deps, read }, depth + 1));
  const beyond = jump?.lacks && { ...jump.lacks, why: `of its jump host ${last?.host}: ${jump.lacks.why}` };
  const target = targetOf(destination, settings, deps);
  return {
    ...reading,
    lacks: reading.lacks ?? beyond,
    target: { ...target, ...(jump && { jump: jump.target }) },
  };
}

function targetOf(destination: SshDestination, settings: HostSettings, deps: ResolveDeps): SshTarget {
  const { host } = destination;
  const { hostName, port, user, identityFiles, identitiesOnly, identityAgent, connectTimeoutMs } = settings;
  const { askPassphrase } = deps;
  return {
    host: hostName,
    port,
    user,
    hostKeys: policyOf(settings, destination, deps),
    auth: {
      identityFiles,
      identitiesOnly,
      ...defined({ agentSocket: identityAgent, askPassphrase }),
    },
    ...defined({ connectTimeoutMs }),
    label: host === hostName ? `${user}@${host}` : `${user}@${host} (${hostName})`,
  };
}

/** The hosts before a jump host lead to it. If there are none, its own configuration says how to reach it. */
function jumpDestination(
  jump: ConfiguredJump,
  before: readonly ConfiguredJump[],
  destination: SshDestination,
): SshDestination {
  const proxyJump = before.map(renderJumpHost);
  return {
    ...jump,
    knownHostsFile: destination.knownHostsFile,
    ...(before.length > 0 && { proxyJump: proxyJump.join(',') }),
  };
}

function policyOf(settings: HostSettings, { knownHostsFile }: SshDestination, deps: ResolveDeps): HostKeyPolicy {
  const { files, kept } = keptKnownHosts(settings.userKnownHostsFiles, deps.home);
  const own = knownHostsFile === undefined ? files : [inHome(knownHostsFile, deps.home)];
  const [addTo] = own;
  return {
    kind: 'known-hosts',
    files: knownHostsFile === undefined ? [...own, ...settings.globalKnownHostsFiles] : own,
    ...defined({ ask: deps.askHostKey, addTo }),
    ...(kept !== undefined && knownHostsFile === undefined && { keptIn: kept }),
    ...defined({ alias: settings.hostKeyAlias }),
  };
}

function inHome(path: string, home: string): string {
  return path.startsWith('~/') ? join(home, path.slice(2)) : path;
}
