// What a launch takes from the program that runs it.

import type { Clock, Log } from '@fairlead/kit';
import type { SshTerminal } from '@fairlead/ssh';

export interface Surroundings {
  env: Record<string, string | undefined>;
  home: string;
  /** The Node that runs this; also the runtime of local clusters. */
  nodePath: string;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  output: {
    event(name: string, fields: Record<string, unknown>, human?: string): void;
    /** What is going on right now. */
    busy(text: string): void;
    warn(text: string): void;
  };
  /** Asks a person; absent where no terminal is there. */
  ask?: {
    confirm(question: string, fallback: boolean): Promise<boolean>;
    secret(question: string): Promise<string | undefined>;
  };
  sshTerminal?: SshTerminal;
}
