// What a person types to name a host, and what resolving it needs.

import type { HostKeyPolicy } from './ssh-target.ts';
import type { SshTerminal } from './system-ssh/system-login.ts';

export interface SshDestination {
  /** A host name, or a name that ssh_config knows. */
  host: string;
  port?: number | undefined;
  user?: string | undefined;
  /** Tried before those of ssh_config. */
  identityFile?: string | undefined;
  /** As `ssh -J`; wins over ssh_config. `none` for no jump host. */
  proxyJump?: string | undefined;
  /** Read instead of the usual files. */
  knownHostsFile?: string | undefined;
  /**
   * `ssh`: the system's own ssh logs in; `ssh2`: ours does. Absent: ours, unless `ssh -G` names something for this host
   * that only the system's ssh can do; `system.because` of the target says what.
   */
  driver?: SshDriver | undefined;
}

export type SshDriver = 'ssh2' | 'ssh';

export interface ResolveDeps {
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Read instead of the usual files (`ssh -F`). Default: `<home>/.ssh/config` and the system's. */
  sshConfigPath?: string | undefined;
  /** Default `/etc/ssh/ssh_config`. When it is set, our own reader resolves the name: ssh has no such option. */
  systemConfigPath?: string | undefined;
  localUser?: string | undefined;
  askPassphrase?: ((file: string) => Promise<string | undefined>) | undefined;
  /** Present only where a human can answer; else unknown hosts are refused. */
  askHostKey?: Extract<HostKeyPolicy, { kind: 'known-hosts' }>['ask'] | undefined;
  /** Where the system's ssh may ask a person; absent: it asks nothing. */
  terminal?: SshTerminal | undefined;
}
