// What a launch takes from the program that runs it.

import type { Clock, Log } from '@fairlead/kit';
import type { HostKeyQuestion, SshTerminal } from '@fairlead/ssh';

import type { WorkEvent } from './launch-event.ts';

/** What this machine lends. */
export interface LocalMachine {
  env: Record<string, string | undefined>;
  home: string;
  /** The Node that runs this; also the runtime of local clusters. */
  nodePath: string;
  /** Where programs for other hosts are kept. */
  cacheDir: string;
  clock: Clock;
  /** From 0 to 1: spreads the pauses of several machines. */
  random(): number;
  log: Log;
  questions: LoginQuestions;
}

/** A login that needs an answer which is absent here fails. */
export interface LoginQuestions {
  askPassphrase?: (file: string) => Promise<string | undefined>;
  askHostKey?: (question: HostKeyQuestion) => Promise<boolean>;
  /** Where the system's ssh may ask a person for passwords and codes. */
  terminal?: SshTerminal;
}

/** One piece of work on that machine. */
export interface Run<Event = WorkEvent> extends LocalMachine {
  signal: AbortSignal;
  tell: (event: Event) => void;
}
