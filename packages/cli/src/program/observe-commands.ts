// The commands that watch and measure what is deployed: top, metrics, bench.

import type { Command } from 'commander';

import { collect, countList, countNumber } from './flag-values.ts';
import type { RunCommand } from './run-command.ts';

export function addObserveCommands(program: Command, go: RunCommand): void {
  addTop(program, go);
  addMetrics(program, go);
  addBench(program, go);
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

function addBench(program: Command, go: RunCommand): void {
  program
    .command('bench')
    .description('measure a deployment: first token, tokens per second, by concurrency')
    .argument('<name>')
    .option('--full', 'longer prompts, more requests, more levels')
    .option('--concurrency <list>', 'requests at a time, a level for each number (1,8; with --full 1,8,32)', countList)
    .option('--requests <count>', 'requests at each level', countNumber)
    .option('--input-tokens <count>', 'tokens of each prompt (128; with --full 512)', countNumber)
    .option('--output-tokens <count>', 'tokens of each answer (64; with --full 128)', countNumber)
    .option('--on-node', 'measure on the node of the job, in a step of it, and not from here')
    .option('--chat', 'ask /v1/chat/completions in place of /v1/completions')
    .option('--html <file>', 'write a page with plots')
    .option('--with <file>', 'a run of `bench --json` to compare with; may be repeated', collect, [])
    .addHelpText(
      'after',
      `
The figures have the definitions of \`vllm bench serve\`, and the way through both hops is in them. With --on-node it is not: the requests go to the front on the node.

Exit codes: 0 every request was answered, 1 some failed, 2 wrong usage.

Examples:
  fairlead bench demo
  fairlead bench demo --full --json > a.jsonl
  fairlead bench demo --full --on-node --with a.jsonl
  fairlead bench other --full --with a.jsonl --html compared.html`,
    )
    .action(async (name: string, options: BenchOptions) =>
      go(async (context) => {
        const { runBench } = await import('../commands/bench/run-bench.ts');
        const api = options.chat === true ? 'chat' : 'completions';
        await runBench(
          { ...options, name, full: options.full ?? false, onNode: options.onNode ?? false, api },
          context,
        );
      }),
    );
}

interface BenchOptions {
  full?: boolean;
  concurrency?: number[];
  requests?: number;
  inputTokens?: number;
  outputTokens?: number;
  onNode?: boolean;
  chat?: boolean;
  html?: string;
  with: string[];
}
