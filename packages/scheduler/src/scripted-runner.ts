// A CommandRunner for tests: answers commands by a script and keeps what was asked. Its clock stands in the answers.

import type { CommandRunner, RunResult } from './command-runner.ts';

export interface ScriptedRunner extends CommandRunner {
  /** Program and arguments of every command so far, without the shell that scrubs the environment. */
  readonly commands: string[][];
}

/** What a command answers; an Error is thrown, as when its host cannot be reached. */
export type ScriptedAnswer = Partial<RunResult> | Error;

export function createScriptedRunner(answer: (command: string[], nth: number) => ScriptedAnswer): ScriptedRunner {
  const commands: string[][] = [];
  return {
    commands,
    run: (argv, options = {}) => {
      options.signal?.throwIfAborted();
      const command = argv[0] === 'sh' ? argv.slice(4) : [...argv];
      commands.push(command);
      const given = answer(command, commands.length);
      if (given instanceof Error) return Promise.reject(given);
      return Promise.resolve({ code: 0, stdout: '', stderr: '', ...given });
    },
  };
}
