// The part of an SshTarget that only the system's own ssh uses. Data only.

import type { EffectiveSettings } from './effective-settings.ts';
import type { ProcessEnv } from './run-ssh.ts';

export interface SystemLogin {
  /** The name as a user types it: the blocks of ssh_config match it. */
  name: string;
  identityFile?: string | undefined;
  proxyJump?: string | undefined;
  /** Read in place of ssh's own known_hosts files. */
  knownHostsFile?: string | undefined;
  /** Read in place of the usual configuration files (`ssh -F`). */
  configPath?: string | undefined;
  /** Our file in place of the user's known_hosts files, which keep nothing (`UserKnownHostsFile /dev/null`). */
  keptKnownHosts?: string | undefined;
  settings: EffectiveSettings;
  /** The reason why the system's ssh logs in and not our own driver. */
  because: string;
  env: ProcessEnv;
  /** Present: ssh may ask the user there. Absent: ssh asks nothing (BatchMode). */
  terminal?: SshTerminal | undefined;
}

/** The user's terminal, where ssh itself asks for passwords, codes and touches. */
export interface SshTerminal {
  /** Resolves when ssh may use the terminal alone, until the result is disposed. */
  take(): Promise<Disposable>;
  /** Shows a line of ssh that is not a question. */
  say(line: string): void;
}
