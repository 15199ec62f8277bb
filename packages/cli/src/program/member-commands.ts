// The commands of a member of a gateway: join it.

import { type Command, Option } from 'commander';

import type { RunCommand } from './run-command.ts';

/** Of a command with a name of a model. */
export function gatewayFlag(
  what = 'a model of this gateway, which you joined; default: that of a machine that has joined one and has no profile',
): Option {
  return new Option('--gateway <name>', what);
}

/** Of a command that may be of no gateway. */
export function gatewayChoice(what: string): Option {
  return new Option('--gateway [name]', `${what} of a gateway that you joined`);
}

export function addMemberCommands(program: Command, go: RunCommand): void {
  program
    .command('join')
    .description("join a team's gateway by the line that its owner gave you; the key is kept on this machine")
    .argument(
      '[line]',
      'as `fairlead members add` prints it, good once; absent: it is asked for, or read from standard input',
    )
    .option('--name <name>', 'what to call the gateway on this machine; default: its host')
    .option('--url <url>', 'where you reach it, if not where the line says')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead join flj_...@https://llm.example.org\n  fairlead join --name lab < line.txt',
    )
    .action(async (line: string | undefined, options: { name?: string; url?: string }) =>
      go(async (context) => (await import('../commands/member/join.ts')).runJoin({ line, ...options }, context)),
    );
}
