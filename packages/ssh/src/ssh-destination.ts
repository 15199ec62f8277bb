// The name of a host as a user types it, and the inputs of its resolution.

import type { HostKeyPolicy } from './ssh-target.ts';
import type { SshTerminal } from './system-ssh/system-login.ts';

export interface SshDestination {
  /** A host name, or a name that ssh_config knows. */
  host: string;
  port?: number | undefined;
  user?: string | undefined;
  /** Offered before the identity files of ssh_config. */
  identityFile?: string | undefined;
  /** As in `ssh -J`; overrides ssh_config. `none` for no jump host. */
  proxyJump?: string | undefined;
  /** Read instead of the usual files. */
  knownHostsFile?: string | undefined;
  /**
   * `ssh`: the system's own ssh logs in. `ssh2`: our own driver logs in. Absent: our own driver, unless `ssh -G` shows for this
   * host a setting that only the system's ssh supports; `system.because` of the target names it.
   */
  driver?: SshDriver | undefined;
}

export type SshDriver = 'ssh2' | 'ssh';

export interface ResolveDeps {
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Read instead of the usual files (`ssh -F`). Default: `<home>/.ssh/config` and the system's. */
  sshConfigPath?: string | undefined;
  /** Default `/etc/ssh/ssh_config`. If it is set, our own reader resolves the name: ssh has no such option. */
  systemConfigPath?: string | undefined;
  localUser?: string | undefined;
  askPassphrase?: ((file: string) => Promise<string | undefined>) | undefined;
  /** Present only where a person can answer; else unknown hosts are refused. */
  askHostKey?: Extract<HostKeyPolicy, { kind: 'known-hosts' }>['ask'] | undefined;
  /** The terminal at which the system's ssh may ask a person. Absent: ssh asks nothing. */
  terminal?: SshTerminal | undefined;
}
