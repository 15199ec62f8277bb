// The settings of a login that our own driver uses, from ssh_config files, for the case that ssh itself is not asked. Pure;
// every rule is from ssh_config(5).

import { answerConfig, type ConfigAnswer } from './answer-config.ts';
import { isNone, jumpText } from './check-value.ts';
import { type ConfigLine, onLine, refuseLine } from './config-line.ts';
import { type ConfiguredJump, parseJumpHosts } from './jump-hosts.ts';
import { plainJump } from './plain-jump.ts';
import type { ConfigEntry } from './read-ssh-config.ts';
import { expandPath, expandTokens, type TokenValues } from './tokens.ts';

export interface HostSettings {
  hostName: string;
  port: number;
  user: string;
  identityFiles: string[];
  identitiesOnly: boolean;
  /** Undefined: no agent. */
  identityAgent: string | undefined;
  userKnownHostsFiles: string[];
  globalKnownHostsFiles: string[];
  hostKeyAlias: string | undefined;
  connectTimeoutMs: number | undefined;
  /** In the order in which the login passes them. */
  jumpHosts: ConfiguredJump[];
}

export interface HostQuestion extends Pick<TokenValues, 'localUser' | 'uid' | 'localHost' | 'home' | 'env'> {
  host: string;
  port?: number | undefined;
  user?: string | undefined;
  /** As in `ssh -J`; overrides the files. */
  proxyJump?: string | undefined;
}

const defaultIdentities = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];
const userKnownHosts = ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'];
const globalKnownHosts = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];

export function pickHostSettings(files: readonly ConfigEntry[][], question: HostQuestion): HostSettings {
  const { host, user, localUser } = question;
  const answer = answerConfig(files, { host, user, localUser });
  refuseWhatChangesTheHost(answer);
  const values: TokenValues = {
    ...question,
    hostName: answer.hostName,
    port: question.port ?? Number(firstLine(answer, 'port')?.words[0] ?? 22),
    user: user ?? withoutTokens(answer, 'user') ?? localUser,
    hostKeyAlias: withoutTokens(answer, 'hostkeyalias'),
    hasJump: false,
  };
  const jumpHosts = jumpHostsOf(answer, question, values);
  values.hasJump = jumpHosts.length > 0;
  const paths = (keyword: string, fallback: string[]) => pathsOf(answer.lines.get(keyword), { fallback, values });
  return {
    hostName: values.hostName,
    port: values.port,
    user: values.user,
    identityFiles: paths('identityfile', defaultIdentities),
    identitiesOnly: /^(?:yes|true)$/i.test(firstLine(answer, 'identitiesonly')?.words[0] ?? ''),
    identityAgent: agentOf(answer, values),
    userKnownHostsFiles: paths('userknownhostsfile', userKnownHosts),
    globalKnownHostsFiles: paths('globalknownhostsfile', globalKnownHosts),
    hostKeyAlias: values.hostKeyAlias,
    connectTimeoutMs: timeOf(answer, 'connecttimeout'),
    jumpHosts,
  };
}

const firstLine = ({ lines }: ConfigAnswer, keyword: string): ConfigLine | undefined => lines.get(keyword)?.[0];

function refuseWhatChangesTheHost(answer: ConfigAnswer): void {
  const canonical = firstLine(answer, 'canonicalizehostname');
  if (canonical && !/^(?:no|false)$/i.test(canonical.words[0] ?? ''))
    refuseLine(canonical.place, 'Fairlead does not look for canonical names');
  const revoked = firstLine(answer, 'revokedhostkeys');
  if (revoked && revoked.words[0]?.toLowerCase() !== 'none')
    refuseLine(revoked.place, 'Fairlead does not read lists of revoked host keys');
}

/** Refuses tokens in this value: newer versions of ssh expand them, older ones do not. */
function withoutTokens(answer: ConfigAnswer, keyword: string): string | undefined {
  const line = firstLine(answer, keyword);
  const text = line?.words[0];
  if (line && /%|\$\{/.test(text ?? '')) refuseLine(line.place, `versions of ssh differ on tokens in ${keyword}`);
  return text;
}

const unitS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

function timeOf(answer: ConfigAnswer, keyword: string): number | undefined {
  const text = firstLine(answer, keyword)?.words[0]?.toLowerCase() ?? 'none';
  const parts = [...text.matchAll(/(\d+)([smhdw]?)/g)];
  const seconds = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (unitS[unit] ?? 1), 0);
  return seconds > 0 ? seconds * 1000 : undefined;
}

function agentOf(answer: ConfigAnswer, values: TokenValues): string | undefined {
  const line = firstLine(answer, 'identityagent');
  return onLine(line, () => agentSocket(line?.words[0], values));
}

/** The socket that an IdentityAgent setting names; undefined for no agent. */
export function agentSocket(setting: string | undefined, values: TokenValues): string | undefined {
  if (setting === undefined || setting === 'SSH_AUTH_SOCK') return values.env['SSH_AUTH_SOCK'] || undefined;
  if (setting.toLowerCase() === 'none') return undefined;
  if (/^\$[A-Za-z_]\w*$/.test(setting)) return values.env[setting.slice(1)] || undefined;
  return expandPath(setting, values);
}

function pathsOf(
  lines: readonly ConfigLine[] | undefined,
  { fallback, values }: { fallback: readonly string[]; values: TokenValues },
): string[] {
  if (!lines) return fallback.map((path) => expandPath(path, values));
  const paths = lines.flatMap((line) => {
    const named = line.words.filter((path) => !isNone(path));
    return onLine(line, () => named.map((path) => expandPath(path, values)));
  });
  return [...new Set(paths)];
}

function jumpHostsOf(answer: ConfigAnswer, question: HostQuestion, values: TokenValues): ConfiguredJump[] {
  if (question.proxyJump !== undefined) return parseJumpHosts(question.proxyJump);
  const line = firstLine(answer, 'way');
  if (!line) return [];
  // Both keywords take the rest of the line unchanged; a second `=` is ignored, too.
  const text = line.rest.replace(/^[\s=]+/, '');
  if (line.keyword === 'proxyjump') return onLine(line, () => parseJumpHosts(jumpText(line)));
  if (text.toLowerCase() === 'none') return [];
  const jump = onLine(line, () => plainJump(text, (part) => expandTokens(part, values)));
  return jump ? [jump] : refuseLine(line.place, `its ProxyCommand is not supported: ${text}`);
}
