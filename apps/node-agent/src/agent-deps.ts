// What an agent takes from the outside. main.ts fills it in; scenario tests give their own.

import type { Clock, Log } from '@fairlead/kit';
import type { AskProgram } from '@fairlead/scheduler';

export type AgentSignal = 'SIGTERM' | 'SIGINT' | 'SIGUSR2';

export interface AgentDeps {
  env: NodeJS.ProcessEnv;
  hostname: string;
  agentVersion: string;
  /** The program that `{node}` stands for. */
  nodePath: string;
  /** The words that `{engineSim}` stands for: a file, with Node's options before it in source runs. */
  engineSim: readonly string[];
  clock: Clock;
  random: () => number;
  log: Log;
  /** One short line for people, in the job's log. */
  say: (line: string) => void;
  run: AskProgram;
  /** Signals that came before the call are handed over first. Returns the way to stop listening. */
  onSignal: (listener: (signal: AgentSignal) => void) => () => void;
  /** A fault of ours that nobody caught: the process ends when the listener has said good-bye. Returns the way to stop listening. */
  onSurprise: (listener: (error: unknown) => Promise<void>) => () => void;
}
