// The command line for the system's ssh. Pure. Nothing secret is on it: every user of this machine may read it.

import type { SshTarget } from '../ssh-target.ts';
import type { SystemLogin } from './system-login.ts';

export interface MasterPlace {
  dir: string;
  /** The control socket. */
  controlPath: string;
  logPath: string;
  /** Holds the pinned keys, under the name of `pinnedName`. */
  pinsPath: string;
  /** A private key that was given in memory. */
  keyPath: string;
  /** Present where the host's certificate is to be written down, for the key in it. */
  shownPath?: string;
}

export interface MasterTimes {
  keepaliveMs: number;
  keepaliveCountMax: number;
  connectTimeoutMs: number;
}

/** How ssh finds out which settings it has for the host. */
export function settingsArguments(
  login: Pick<SystemLogin, 'name' | 'identityFile' | 'proxyJump' | 'configPath'>,
  { port, user }: { port?: number | undefined; user?: string | undefined },
): string[] {
  const who = [...(port === undefined ? [] : ['-p', String(port)]), ...(user === undefined ? [] : ['-l', user])];
  return ['-G', '-T', ...wayArguments(login), ...who, '--', login.name];
}

/**
 * Becomes a master and goes to the background once it is logged in: no Ctrl-C at the terminal reaches it there, and it
 * ends by itself soon after the last who used it, us, is gone. The command's only use is that its session makes ssh
 * send small packets at once (https://github.com/openssh/openssh-portable/pull/551).
 */
export function masterArguments(
  target: SshTarget,
  login: SystemLogin,
  { place, times }: { place: MasterPlace; times: MasterTimes },
): string[] {
  const options = [
    ['ControlMaster', 'yes'],
    ['ControlPath', quoted(place.controlPath)],
    ['ControlPersist', '4'],
    ['ClearAllForwardings', 'yes'],
    ['ServerAliveInterval', seconds(times.keepaliveMs)],
    ['ServerAliveCountMax', String(times.keepaliveCountMax)],
    ['ConnectTimeout', seconds(times.connectTimeoutMs)],
    ['ConnectionAttempts', '1'],
    ['LogLevel', 'DEBUG1'],
    ['BatchMode', login.terminal ? 'no' : 'yes'],
    ['HostName', target.host],
    ...hostKeyOptions(target, login, place.pinsPath),
    ...(place.shownPath === undefined ? [] : [['KnownHostsCommand', noteHostKey(place.shownPath)]]),
    ...(target.auth.privateKey ? onlyThisKey(place.keyPath) : []),
    ...login.settings.overrides,
  ];
  return [
    '-E',
    place.logPath,
    // Else the ssh to a jump host, or another ProxyCommand, has its stderr taken away. Not where a person would see it all.
    ...(login.terminal ? [] : ['-v']),
    '-a',
    '-x',
    '-T',
    ...options.flatMap(([key, value]) => ['-o', `${key}=${value}`]),
    ...wayArguments(target.auth.privateKey ? { ...login, identityFile: undefined } : login),
    '-p',
    String(target.port),
    '-l',
    target.user,
    '--',
    login.name,
    'exit 0',
  ];
}

/** The name under which pinned keys stand in their file; ssh shows it when it asks for a password. */
export function pinnedName(login: SystemLogin): string {
  return login.name;
}

function wayArguments({
  configPath,
  identityFile,
  proxyJump,
}: Pick<SystemLogin, 'configPath' | 'identityFile' | 'proxyJump'>): string[] {
  return [
    ...(configPath === undefined ? [] : ['-F', configPath]),
    ...(identityFile === undefined ? [] : ['-i', identityFile]),
    ...(proxyJump === undefined ? [] : ['-o', `ProxyJump=${proxyJump}`]),
  ];
}

/** A key that is not on file is refused, or asked about where a person is; whatever ssh_config says. */
function hostKeyOptions({ hostKeys }: SshTarget, login: SystemLogin, pinsPath: string): string[][] {
  const always = [
    ['StrictHostKeyChecking', login.terminal && hostKeys.kind === 'known-hosts' ? 'ask' : 'yes'],
    ['NoHostAuthenticationForLocalhost', 'no'],
  ];
  if (hostKeys.kind === 'pinned') {
    return [
      ...always,
      ['HostKeyAlias', pinnedName(login)],
      ...believeOnly(pinsPath),
      ['CheckHostIP', 'no'],
      ['UpdateHostKeys', 'no'],
      ['VerifyHostKeyDNS', 'no'],
    ];
  }
  return [
    ...always,
    ...(hostKeys.alias === undefined ? [] : [['HostKeyAlias', hostKeys.alias]]),
    ...(login.knownHostsFile === undefined ? [] : believeOnly(login.knownHostsFile)),
    ...(login.keptKnownHosts === undefined ? [] : [['UserKnownHostsFile', quoted(login.keptKnownHosts)]]),
  ];
}

function believeOnly(file: string): string[][] {
  return [
    ['UserKnownHostsFile', quoted(file)],
    ['GlobalKnownHostsFile', '/dev/null'],
  ];
}

/** Keys of ssh_config are offered only after it; nothing else is. */
function onlyThisKey(keyPath: string): string[][] {
  return [
    ['IdentityFile', quoted(keyPath)],
    ['IdentitiesOnly', 'yes'],
    ['IdentityAgent', 'none'],
    ['PreferredAuthentications', 'publickey'],
    ['PubkeyAuthentication', 'yes'],
    ['PKCS11Provider', 'none'],
  ];
}

/** ssh runs this command with the host's key as argument. It prints nothing, so that it vouches for no key. */
function noteHostKey(path: string): string {
  return `/bin/sh -c 'echo "$1" "$2" >>"$3"' sh %t %K ${quoted(path)}`;
}

/** ssh splits such values at blanks, and expands `%`. */
function quoted(path: string): string {
  const text = path.replaceAll('%', '%%');
  return /[\s"'\\]/.test(text) ? `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"` : text;
}

function seconds(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)));
}
