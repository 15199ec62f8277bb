// What every command is given: the edges of the process, made once in run-command-line.ts.

import type { Clock, Log } from '@fairlead/kit';
import type { SshTerminal } from '@fairlead/ssh';

import type { Output } from './output/output.ts';

export interface Context {
  env: Record<string, string | undefined>;
  home: string;
  cwd: string;
  /** The Node that runs this; also the runtime of local clusters. */
  nodePath: string;
  /** Its version, without the `v`. */
  nodeVersion: string;
  platform: NodeJS.Platform;
  /** Of this process. */
  pid: number;
  clock: Clock;
  output: Output;
  log: Log;
  /** Fires on the first Ctrl-C. */
  signal: AbortSignal;
  /** The process's own streams, for commands that talk with a person themselves or hand the streams on. */
  streams: { stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream };
  /** While it is held, signals go to the listener and end nothing. */
  takeSignals(listener: (signal: NodeJS.Signals) => void): Disposable;
  /** While it is held, the command ends as soon as the reader of its output is gone, even when there is nothing to write. */
  watchReader(): Disposable;
  /** For a command that succeeded and ends with a code other than 0: `exec` passes on its command's own. */
  setExitCode(code: number): void;
  /** Asks a person; absent where no terminal is there. */
  ask?: Asker;
  /** The same terminal, for the system's ssh, which puts its questions itself. */
  sshTerminal?: SshTerminal;
  /** Flags common to all commands. */
  flags: { config?: string | undefined; verbose: boolean };
}

export interface Asker {
  confirm(question: string, fallback: boolean): Promise<boolean>;
  text(
    question: string,
    options: { initial?: string; placeholder?: string; check?: (value: string) => string | undefined },
  ): Promise<string>;
  secret(question: string): Promise<string | undefined>;
  choose(question: string, options: ReadonlyArray<{ value: string; label: string; hint?: string }>): Promise<string>;
}
