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
  /** Signals that came before the call are delivered first. Returns a function that removes the listener. */
  onSignal: (listener: (signal: AgentSignal) => void) => () => void;
  /** Called with an error that no code caught; the process ends once the listener's promise settles. Returns a function that removes the listener. */
  onSurprise: (listener: (error: unknown) => Promise<void>) => () => void;
}
