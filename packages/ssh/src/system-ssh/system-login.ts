// What a login by the system's own ssh is given besides the target; part of an SshTarget. Data only.

import type { EffectiveSettings } from './effective-settings.ts';
import type { ProcessEnv } from './run-ssh.ts';

export interface SystemLogin {
  /** The name as a person would type it: ssh_config's blocks go by it. */
  name: string;
  identityFile?: string | undefined;
  proxyJump?: string | undefined;
  /** Believed instead of ssh's own files. */
  knownHostsFile?: string | undefined;
  /** Read instead of the usual files (`ssh -F`). */
  configPath?: string | undefined;
  /** Takes the place of the user's files, which keep nothing (`UserKnownHostsFile /dev/null`). */
  keptKnownHosts?: string | undefined;
  settings: EffectiveSettings;
  /** Why the system's ssh logs in and not our own driver. */
  because: string;
  env: ProcessEnv;
  /** Present: ssh may ask the person there. Absent: it asks nothing (BatchMode). */
  terminal?: SshTerminal | undefined;
}

/** A person's terminal, where ssh itself asks for passwords, codes and touches. */
export interface SshTerminal {
  /** Resolves when ssh may have it to itself. */
  take(): Promise<Disposable>;
  /** What ssh has to say there besides its questions. */
  say(line: string): void;
}
