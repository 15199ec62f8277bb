// What ssh_config says about one host, in the few words we use. Pure; ssh_config(5) is the source of every rule.

import SSHConfig from 'ssh-config';
import { tunnelError } from '../tunnel-error.ts';
import { type JumpHost, parseJumpHosts } from './jump-hosts.ts';
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
  /** In the order in which they are passed. */
  jumpHosts: JumpHost[];
}

export interface HostQuestion {
  host: string;
  port?: number | undefined;
  user?: string | undefined;
  localUser: string;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_IDENTITIES = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];

export function pickHostSettings(configText: string, question: HostQuestion): HostSettings {
  const config = parse(configText);
  const asked = { Host: question.host, ...(question.user !== undefined && { User: question.user }) };
  // `Match exec` runs commands of the user's choice at every look; such blocks are passed over.
  const found: Readonly<Record<string, string | string[] | undefined>> = config.compute(asked, {
    ignoreCase: true,
    matchExec: false,
  });
  const first = (key: string): string | undefined => [found[key]].flat()[0];
  const list = (key: string, fallback: readonly string[]): readonly string[] =>
    found[key] === undefined ? fallback : [found[key]].flat();
  const values: TokenValues = {
    host: question.host,
    hostName: question.host,
    port: question.port ?? parsePort(first('port')),
    user: question.user ?? first('user') ?? question.localUser,
    localUser: question.localUser,
    home: question.home,
    env: question.env,
  };
  values.hostName = expandTokens(first('hostname') ?? question.host, values);
  const paths = (key: string, fallback: readonly string[]) =>
    list(key, fallback)
      .filter((path) => path.toLowerCase() !== 'none')
      .map((path) => expandPath(path, values));
  return {
    hostName: values.hostName,
    port: values.port,
    user: values.user,
    identityFiles: paths('identityfile', DEFAULT_IDENTITIES),
    identitiesOnly: first('identitiesonly')?.toLowerCase() === 'yes',
    identityAgent: pickAgent(first('identityagent'), values),
    userKnownHostsFiles: paths('userknownhostsfile', ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']),
    globalKnownHostsFiles: paths('globalknownhostsfile', ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']),
    hostKeyAlias: first('hostkeyalias'),
    connectTimeoutMs: parseSeconds(first('connecttimeout')),
    jumpHosts: pickJumpHosts(first('proxyjump'), first('proxycommand'), question.host),
  };
}

function parse(text: string): SSHConfig {
  try {
    return SSHConfig.parse(text);
  } catch (error) {
    throw tunnelError('ssh_config_invalid', 'cannot read the ssh configuration because a line in it makes no sense', {
      hint: 'Run `ssh -G <host>`: it names the line.',
      cause: error,
    });
  }
}

function parsePort(text: string | undefined): number {
  const port = Number(text ?? 22);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw tunnelError('ssh_config_invalid', `cannot use the port in the ssh configuration: got ${text}`);
}

function parseSeconds(text: string | undefined): number | undefined {
  const seconds = Number(text);
  return text !== undefined && Number.isInteger(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

function pickAgent(setting: string | undefined, values: TokenValues): string | undefined {
  if (setting === undefined || setting === 'SSH_AUTH_SOCK') return values.env['SSH_AUTH_SOCK'] || undefined;
  if (setting.toLowerCase() === 'none') return undefined;
  if (/^\$[A-Za-z_]\w*$/.test(setting)) return values.env[setting.slice(1)] || undefined;
  return expandPath(setting, values);
}

function pickJumpHosts(proxyJump: string | undefined, proxyCommand: string | undefined, host: string): JumpHost[] {
  if (proxyJump !== undefined) return parseJumpHosts(proxyJump);
  if (proxyCommand === undefined || proxyCommand.toLowerCase() === 'none') return [];
  const jump = /^ssh(?:\s+-q)?\s+(?:-W\s+\[?%h\]?:%p\s+(\S+)|(\S+)\s+-W\s+\[?%h\]?:%p)$/.exec(proxyCommand.trim());
  const spec = jump?.[1] ?? jump?.[2];
  if (spec !== undefined) return parseJumpHosts(spec);
  throw tunnelError(
    'ssh_config_invalid',
    `cannot reach ${host} because its ProxyCommand is not supported: ${proxyCommand}`,
    {
      hint: 'Use ProxyJump where it can do the same.',
    },
  );
}
