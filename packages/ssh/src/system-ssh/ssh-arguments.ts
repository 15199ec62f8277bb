// Builds the command line for the system's ssh. Pure. It holds no secret, because every user of this machine can read it.

import type { SshTarget } from '../ssh-target.ts';
import type { SystemLogin } from './system-login.ts';

export interface MasterPlace {
  dir: string;
  /** The control socket. */
  controlPath: string;
  logPath: string;
  /** The file of the pinned keys, under the name from `pinnedName`. */
  pinsPath: string;
  /** The file of a private key that the caller has in memory. */
  keyPath: string;
  /** The file to which ssh's command writes the host's certificate. Present only if we need the key in it. */
  shownPath?: string;
}

export interface MasterTimes {
  keepaliveMs: number;
  keepaliveCountMax: number;
  connectTimeoutMs: number;
}

/** The arguments with which ssh prints its settings for a host. */
export function settingsArguments(
  login: Pick<SystemLogin, 'name' | 'identityFile' | 'proxyJump' | 'configPath'>,
  { port, user }: { port?: number | undefined; user?: string | undefined },
): string[] {
  const who = [...(port === undefined ? [] : ['-p', String(port)]), ...(user === undefined ? [] : ['-l', user])];
  return ['-G', '-T', ...wayArguments(login), ...who, '--', login.name];
}

/**
 * With these arguments ssh becomes a master and goes to the background after the login, where no Ctrl-C at the terminal
 * reaches it; it ends soon after its last client is gone. The command has one purpose: its session makes ssh send
 * small packets at once (https://github.com/openssh/openssh-portable/pull/551).
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
    // Without -v, ssh closes the stderr of the ssh to a jump host or of another ProxyCommand. Not at a terminal, which would show it all.
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

/** The host's name in the file of pinned keys; ssh shows it when it asks for a password. */
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

/** Makes ssh refuse a host key that is not on file, or ask about it at a terminal, whatever ssh_config says. */
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

/** Makes ssh offer this key first, then only those that ssh_config names; no agent, no other method. */
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

/** ssh runs this command with the host's key as argument. It prints nothing, so it makes ssh accept no key. */
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
