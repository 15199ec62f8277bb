// Where to log in, as whom, and which host key to believe. Data only; resolveSshTarget makes it, openSsh uses it.

import type { Secret } from '@fairlead/kit';

import type { SystemLogin } from './system-ssh/system-login.ts';

export interface SshTarget {
  host: string;
  port: number;
  user: string;
  hostKeys: HostKeyPolicy;
  auth: SshAuth;
  /** Log in there first and go on from there. */
  jump?: SshTarget;
  /** From the first packet to the end of authentication; time that a human takes to answer counts too. Default 20 s. */
  connectTimeoutMs?: number;
  /** For the host's answer to a TCP connection alone, once its name is known. Default: no limit but the one above. */
  answerTimeoutMs?: number;
  /** How messages call this host; default `user@host:port`. */
  label?: string;
  /** Log in with the system's own ssh and what it knows; absent: with ours (ssh2). */
  system?: SystemLogin;
}

export type HostKeyPolicy =
  | {
      kind: 'pinned';
      /** `ssh-ed25519 AAAA…`; a comment behind it is ignored. */
      keys: string[];
    }
  | {
      kind: 'known-hosts';
      files: string[];
      /** Asked when the host is in none of the files. Absent: an unknown host is refused. */
      ask?: (question: HostKeyQuestion) => Promise<boolean>;
      /** Where a key that was accepted by `ask` is written down. */
      addTo?: string;
      /** `addTo` is this file of ours, for ssh_config says to keep no keys (`UserKnownHostsFile /dev/null`). */
      keptIn?: string;
      /** The name the host has in known_hosts (ssh_config's HostKeyAlias). */
      alias?: string;
    };

export interface HostKeyQuestion {
  host: string;
  port: number;
  keyType: string;
  fingerprint: string;
  /** Present where ssh would keep no key: the file of ours in which an accepted one is kept. */
  keptIn?: string;
}

export interface SshAuth {
  /** Private key files, tried in this order; those that do not exist are passed over. */
  identityFiles?: string[];
  /** A private key in memory, tried first. */
  privateKey?: Secret;
  /** The ssh-agent's socket. */
  agentSocket?: string;
  /** Offer from the agent only the keys whose public half lies beside an identity file (ssh_config's IdentitiesOnly). */
  identitiesOnly?: boolean;
  /** Asked only once the server has accepted the public half of an encrypted key. */
  askPassphrase?: (file: string) => Promise<string | undefined>;
}

export function targetLabel(target: SshTarget): string {
  return target.label ?? `${target.user}@${target.host}${target.port === 22 ? '' : `:${target.port}`}`;
}
