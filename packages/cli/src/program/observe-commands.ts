// The commands that watch and measure what is deployed: top, metrics.

import type { Command } from 'commander';

import { countNumber } from './flag-values.ts';
import type { RunCommand } from './run-command.ts';

export function addObserveCommands(program: Command, go: RunCommand): void {
  addTop(program, go);
  addMetrics(program, go);
}

function addTop(program: Command, go: RunCommand): void {
  program
    .command('top')
    .description('watch deployments live: state, requests, tokens per second, KV cache, GPUs, time left')
    .argument('[name...]', 'absent: all that have not ended')
    .option('--once', 'look once, over one second, and end')
    .option('--interval <seconds>', 'time between two looks', countNumber, 2)
    .addHelpText(
      'after',
      '\nEnd it with Ctrl-C. Where standard output is no terminal, each look is a line for each instance.\n\nExamples:\n  fairlead top\n  fairlead top demo --interval 5\n  fairlead top --once --json',
    )
    .action(async (names: string[], options: { once?: boolean; interval: number }) =>
      go(async (context) =>
        (await import('../commands/top/run-top.ts')).runTop(
          { names, once: options.once ?? false, intervalSeconds: options.interval },
          context,
        ),
      ),
    );
}

function addMetrics(program: Command, go: RunCommand): void {
  program
    .command('metrics')
    .description("print the metrics of a deployment's agent and engine, in Prometheus's text format")
    .argument('<name>')
    .addHelpText(
      'after',
      '\nThe same page is at /metrics of the port that `fairlead connect` holds, with the key.\n\nExamples:\n  fairlead metrics demo\n  fairlead metrics demo --json',
    )
    .action(async (name: string) =>
      go(async (context) => (await import('../commands/metrics.ts')).runMetrics({ name }, context)),
    );
}
