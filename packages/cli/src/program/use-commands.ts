// The commands of daily use of what is deployed: chat, exec, events, open; and those about the CLI itself.

import type { Command } from 'commander';

import type { RunCommand } from './run-command.ts';
import { countNumber, decimalNumber, portNumber, wholeNumber } from './flag-values.ts';
import { gatewayFlag } from './member-commands.ts';

export function addUseCommands(program: Command, go: RunCommand, version: string): void {
  addChat(program, go);
  addExec(program, go);
  addCode(program, go);
  addEvents(program, go);
  addOpen(program, go);
  addAboutItself(program, go, version);
}

function addChat(program: Command, go: RunCommand): void {
  program
    .command('chat')
    .description('ask a deployment: one answer for a prompt, else a conversation')
    .argument('<name>')
    .argument('[prompt...]', 'what to ask; standard input is put after it')
    .option('--system <text>', 'the system prompt')
    .option('--model <model>', 'another of the models it serves, such as a LoRA adapter')
    .option('--max-tokens <count>', 'at most so many tokens in the answer', wholeNumber)
    .option('--temperature <number>', 'how freely it chooses; 0 is the same answer each time', decimalNumber)
    .addOption(gatewayFlag())
    .addHelpText(
      'after',
      "\nExamples:\n  fairlead chat demo\n  fairlead chat demo 'Why is the sky blue?'\n  git diff | fairlead chat demo 'Write a commit message for this:' --max-tokens 200\n  echo hi | fairlead chat demo --json",
    )
    .action(async (name: string, prompt: string[], options: ChatOptions) =>
      go(async (context) =>
        (await import('../commands/chat/run-chat.ts')).runChat({ name, prompt, ...options }, context),
      ),
    );
}

interface ChatOptions {
  system?: string;
  model?: string;
  maxTokens?: number;
  temperature?: number;
  gateway?: string;
}

function addExec(program: Command, go: RunCommand): void {
  program
    .command('exec')
    .description('run a command that finds the deployment in its environment; end with its exit code')
    .usage('[options] <name> -- <command> [arguments...]')
    .argument('<name>')
    .argument('<command...>', 'after --, so that its flags are its own')
    .option('--no-mux', 'give each request an SSH channel of its own')
    .addOption(gatewayFlag())
    .addHelpText(
      'after',
      `
Sets OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL, ANTHROPIC_BASE_URL and ANTHROPIC_AUTH_TOKEN, and takes an ANTHROPIC_API_KEY away:
it is not for the cluster. The local port behind them closes with the command. Standard input and output are the command's alone:
with --json only a failure before it has begun is JSON.
Exit codes: the command's own (128 + n after signal n), 127 where there is no such command, 126 where it may not be executed.

Examples:
  fairlead exec demo -- python script.py
  fairlead exec demo -- sh -c 'curl -s -H "Authorization: Bearer $OPENAI_API_KEY" "$OPENAI_BASE_URL/models"'`,
    )
    .action(async (name: string, command: string[], options: { mux: boolean; gateway?: string }) =>
      go(async (context) => (await import('../commands/exec.ts')).runExec({ name, command, ...options }, context)),
    );
}

function addCode(program: Command, go: RunCommand): void {
  program
    .command('code')
    .description('start a coding agent on a deployment, with a configuration of its own that is gone when it ends')
    .usage('[options] <name> [opencode|codex] [-- arguments...]')
    .argument('<name>')
    .argument('[agent]', 'opencode or codex; default: the first that is installed')
    .argument('[arguments...]', "the agent's own, after --")
    .option(
      '--context <tokens>',
      'tokens of the longest request with its answer; default: as the model says',
      countNumber,
    )
    .addOption(gatewayFlag())
    .addHelpText(
      'after',
      `
The agent gets the URL, the model, how long a request may be, and the key in FAIRLEAD_CODE_KEY; it asks no other model. Standard input
and output are its own. Exit codes: the agent's own, 127 where it is not installed.

Examples:
  fairlead code qwen
  fairlead code qwen codex
  fairlead code qwen opencode -- run 'Explain this repository'`,
    )
    .action(async (name: string, agent: string | undefined, args: string[], options: CodeFlags) =>
      go(async (context) =>
        (await import('../commands/code/run-code.ts')).runCode({ name, agent, args, ...options }, context),
      ),
    );
}

interface CodeFlags {
  context?: number;
  gateway?: string;
}

function addEvents(program: Command, go: RunCommand): void {
  program
    .command('events')
    .description('show what happened to a deployment, or to all of them; newest last')
    .argument('[name]')
    .option('-f, --follow', 'go on with new ones until Ctrl-C')
    .option('--lines <count>', 'how many of the last ones', wholeNumber, 50)
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead events demo\n  fairlead events -f\n  fairlead events demo --lines 500 --json',
    )
    .action(async (name: string | undefined, options: { follow?: boolean; lines: number }) =>
      go(async (context) =>
        (await import('../commands/events.ts')).runEvents(
          { name, lines: options.lines, follow: options.follow ?? false },
          context,
        ),
      ),
    );
}

function addOpen(program: Command, go: RunCommand): void {
  program
    .command('open')
    .description('show how to use a deployment: curl, Python, TypeScript, LangChain, editors, llm')
    .argument('<name>')
    .option('--port <port>', 'the local port that `fairlead connect` holds', portNumber, 18_000)
    .option('--show-key', 'print the key itself, where it would be named only')
    .addHelpText('after', '\nExamples:\n  fairlead open demo\n  fairlead open demo --port 9000 --json')
    .action(async (name: string, options: { port: number; showKey?: boolean }) =>
      go(async (context) =>
        (await import('../commands/open.ts')).runOpen(
          { name, port: options.port, showKey: options.showKey ?? false },
          context,
        ),
      ),
    );
}

function addAboutItself(program: Command, go: RunCommand, version: string): void {
  program
    .command('version')
    .description('show the versions of the CLI, of control and of each agent, and what to do where they differ')
    .addHelpText('after', '\nExamples:\n  fairlead version\n  fairlead version --json\n  fairlead --version')
    .action(async () => go(async (context) => (await import('../commands/version.ts')).runVersion(version, context)));
  program
    .command('completions')
    .description('print the script that lets a shell complete commands, flags and names')
    .addArgument(program.createArgument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  echo 'eval "$(fairlead completions bash)"' >> ~/.bashrc
  fairlead completions zsh > "\${fpath[1]}/_fairlead"
  fairlead completions fish > ~/.config/fish/completions/fairlead.fish`,
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') =>
      go(async (context) => (await import('../commands/completions/completions.ts')).runCompletions(shell, context)),
    );
  // What the scripts ask.
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) =>
      go(async (context) => (await import('../commands/completions/complete.ts')).runComplete(program, words, context)),
    );
  program
    .command('man')
    .description('print the manual page')
    .addHelpText('after', '\nExamples:\n  fairlead man | man -l -\n  fairlead man > ~/.local/share/man/man1/fairlead.1')
    .action(async () => go(async (context) => (await import('../commands/man.ts')).runMan(program, context)));
}
