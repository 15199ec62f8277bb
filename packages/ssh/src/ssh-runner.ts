// A command runner over an SSH connection: an argv runs there unchanged, through any login shell.

import { constants } from 'node:os';
import { shellJoin } from '@fairlead/kit';
import { type CommandHost, runScript } from './run-script.ts';

export interface SshRunner {
  run(argv: readonly string[], options?: SshRunnerOptions): Promise<{ code: number; stdout: string; stderr: string }>;
}

export interface SshRunnerOptions {
  stdin?: string | undefined;
  env?: Readonly<Record<string, string>> | undefined;
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export function createSshRunner(host: CommandHost): SshRunner {
  return {
    async run(argv, options = {}) {
      const { code, signal, stdout, stderr } = await runScript(host, `exec ${shellJoin(argv)}`, options);
      return { code: code ?? signalCode(signal), stdout, stderr };
    },
  };
}

/** The exit code that a shell reports for a signal: 128 plus its number. */
function signalCode(signal: string | undefined): number {
  const numbers: Partial<Record<string, number>> = constants.signals;
  return 128 + ((signal === undefined ? undefined : numbers[signal]) ?? 0);
}
