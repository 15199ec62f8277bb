// Turns the settings of `ssh -G` into those of our own driver. Pure.

import { agentSocket, type HostQuestion, type HostSettings } from '../ssh-config/host-settings.ts';
import { type ConfiguredJump, parseJumpHosts } from '../ssh-config/jump-hosts.ts';
import { plainJump } from '../ssh-config/plain-jump.ts';
import { expandPath, expandTokens, type TokenValues } from '../ssh-config/tokens.ts';
import type { EffectiveSettings } from './effective-settings.ts';

/** Throws `ssh_config_invalid` for a token that only ssh itself can expand. */
export function settingsFromSsh(effective: EffectiveSettings, question: HostQuestion): HostSettings {
  const values = tokenValues(effective, question);
  return {
    hostName: effective.hostName,
    port: effective.port,
    user: effective.user,
    identityFiles: expandAll(effective.identityFiles, values),
    identitiesOnly: effective.identitiesOnly,
    identityAgent: agentSocket(effective.identityAgent, values),
    // ssh has expanded these paths; some versions leave the `~`.
    userKnownHostsFiles: effective.userKnownHostsFiles.map((path) => inHome(path, question.home)),
    globalKnownHostsFiles: effective.globalKnownHostsFiles.map((path) => inHome(path, question.home)),
    hostKeyAlias: effective.hostKeyAlias,
    connectTimeoutMs: effective.connectTimeoutMs,
    jumpHosts: jumpHostsOf(effective, question) ?? [],
  };
}

/** Undefined for a ProxyCommand that is more than a plain jump. */
export function jumpHostsOf(effective: EffectiveSettings, question: HostQuestion): ConfiguredJump[] | undefined {
  const { proxyJump, proxyCommand } = effective;
  if (proxyJump !== undefined) return parseJumpHosts(proxyJump);
  if (proxyCommand === undefined) return [];
  const jump = plainJump(proxyCommand, (text) => expandTokens(text, tokenValues(effective, question)));
  return jump && [jump];
}

/** The expanded paths of the certificates that the configuration names. */
export function certificatePaths(effective: EffectiveSettings, question: HostQuestion): string[] {
  return expandAll(effective.certificateFiles, tokenValues(effective, question));
}

function expandAll(paths: readonly string[], values: TokenValues): string[] {
  return [...new Set(paths.map((path) => expandPath(path, values)))];
}

function tokenValues(effective: EffectiveSettings, question: HostQuestion): TokenValues {
  const { hostName, port, user, hostKeyAlias, proxyJump } = effective;
  return { ...question, hostName, port, user, hostKeyAlias, hasJump: proxyJump !== undefined };
}

function inHome(path: string, home: string): string {
  return path.startsWith('~/') ? `${home}${path.slice(1)}` : path;
}
