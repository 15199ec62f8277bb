// The host, the account and the accepted host keys of a login. Data only; resolveSshTarget makes it, openSsh uses it.

import type { Secret } from '@fairlead/kit';

import type { SystemLogin } from './system-ssh/system-login.ts';

export interface SshTarget {
  host: string;
  port: number;
  user: string;
  hostKeys: HostKeyPolicy;
  auth: SshAuth;
  /** The host through which the login goes. */
  jump?: SshTarget;
  /** Limit of one login, from the TCP connection to the end of authentication. Not counted while a person is asked; starts again after the answer. Default 20 s. */
  connectTimeoutMs?: number;
  /** Limit of the TCP connection alone, from the moment at which the name is resolved. Default: only the limit above. */
  answerTimeoutMs?: number;
  /** This host in messages. Default `user@host:port`. */
  label?: string;
  /** Present: the system's own ssh logs in. Absent: our own driver (ssh2) logs in. */
  system?: SystemLogin;
}

export type HostKeyPolicy =
  | {
      kind: 'pinned';
      /** `ssh-ed25519 AAAA…`; a comment after it is ignored. */
      keys: string[];
    }
  | {
      kind: 'known-hosts';
      files: string[];
      /** Called when none of the files has the host. Absent: an unknown host is refused. */
      ask?: (question: HostKeyQuestion) => Promise<boolean>;
      /** The file that records a key that `ask` accepted. */
      addTo?: string;
      /** Our own file, which is `addTo` because ssh_config says to keep no keys (`UserKnownHostsFile /dev/null`). */
      keptIn?: string;
      /** The host's name in known_hosts (ssh_config's HostKeyAlias). */
      alias?: string;
    };

export interface HostKeyQuestion {
  host: string;
  port: number;
  keyType: string;
  fingerprint: string;
  /** Our own file that records an accepted key. Present if ssh itself would keep no key. */
  keptIn?: string;
}

export interface SshAuth {
  /** Private key files, offered in this order; missing files are skipped. */
  identityFiles?: string[];
  /** A private key in memory, offered first. */
  privateKey?: Secret;
  /** The ssh-agent's socket. */
  agentSocket?: string;
  /** Offer only those keys of the agent that belong to one of the identity files (ssh_config's IdentitiesOnly). */
  identitiesOnly?: boolean;
  /** Called only after the server has accepted the public half of an encrypted key; earlier if that half is not at hand. */
  askPassphrase?: (file: string) => Promise<string | undefined>;
}

export function targetLabel(target: SshTarget): string {
  return target.label ?? `${target.user}@${target.host}${target.port === 22 ? '' : `:${target.port}`}`;
}
