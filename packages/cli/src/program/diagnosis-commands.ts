// The commands that say why an engine failed: why, of a deployment; explain, of any log.

import type { Command } from 'commander';

import { wholeNumber } from './flag-values.ts';
import type { RunCommand } from './run-command.ts';

export function addDiagnosisCommands(program: Command, go: RunCommand): void {
  program
    .command('why')
    .description(
      'say why a deployment failed, does not become ready or had to be started again, and what to change, with the lines that prove it',
    )
    .argument('<name>')
    .addHelpText('after', '\nExamples:\n  fairlead why demo\n  fairlead why demo --json')
    .action(async (name: string) =>
      go(async (context) => (await import('../commands/why.ts')).runWhy({ name }, context)),
    );
  program
    .command('explain')
    .description('say what went wrong in a log of vLLM or of its Slurm job, also one that Fairlead did not write')
    .argument('<file...>', 'the log, or those of all ranks of one engine; - reads standard input')
    .option(
      '--exit-code <code>',
      'the code with which the process of the (first) log ended, where it is known',
      wholeNumber,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead explain slurm-4711.out\n  ssh login cat vllm.log | fairlead explain -\n  fairlead explain engine.0.log engine.1.log',
    )
    .action(async (files: [string, ...string[]], options: { exitCode?: number }) =>
      go(async (context) => (await import('../commands/explain.ts')).runExplain({ files, ...options }, context)),
    );
}
