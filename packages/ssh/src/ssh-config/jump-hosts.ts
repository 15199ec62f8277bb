// Parses ProxyJump's list: `[user@]host[:port]` or `ssh://[user@]host[:port]`, separated by commas, first hop first. Pure.

import { defined } from '@fairlead/kit';
import { sshError } from '../ssh-error.ts';

export interface ConfiguredJump {
  host: string;
  user?: string;
  port?: number;
}

export function parseJumpHosts(text: string): ConfiguredJump[] {
  if (text.trim().toLowerCase() === 'none') return [];
  return text.split(',').map((part) => parseJumpHost(part.trim()));
}

export function renderJumpHost({ user, host, port }: ConfiguredJump): string {
  return `${user === undefined ? '' : `${user}@`}[${host}]${port === undefined ? '' : `:${port}`}`;
}

function parseJumpHost(text: string): ConfiguredJump {
  const match = /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:@/]+|[^@/]*:[^@/]*:[^@/]*))(?::(\d+))?\/?$/.exec(text);
  const host = match?.[2] ?? match?.[3];
  const port = Number(match?.[4] ?? 22);
  if (!match || !host || port < 1 || port > 65_535) {
    throw sshError('ssh_config_invalid', `${JSON.stringify(text)} is no jump host`, {
      hint: 'Write [user@]host[:port].',
    });
  }
  return {
    host,
    ...defined({ user: match[1] }),
    ...(match[4] !== undefined && { port }),
  };
}
