// The commands that reckon before anything is deployed: models and plan. They reach no host but the hub, for a model that is no preset.

import { type Command, Option } from 'commander';

import type { RunCommand } from './run-command.ts';
import { countNumber } from './flag-values.ts';
import { gatewayChoice } from './member-commands.ts';

export function addPlanCommands(program: Command, go: RunCommand): void {
  addModels(program, go);
  addPlan(program, go);
}

function addModels(program: Command, go: RunCommand): void {
  program
    .command('models')
    .description('list the models whose needs are known, or explain one; for a member those that a gateway offers')
    .argument('[model]', "a model's name or Hugging Face id")
    .option('--fits <gpu>', 'those that fit GPUs of this type and memory, such as a100:40')
    .option('--gpus <count>', 'how many of these GPUs a node has (1)', countNumber)
    .addOption(gatewayChoice('those'))
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead models\n  fairlead models llama-3.1-70b\n  fairlead models --fits a100:40 --gpus 2\n  fairlead models --gateway',
    )
    .action(async (name: string | undefined, options: { fits?: string; gpus?: number; gateway?: string | true }) =>
      go(async (context) => (await import('../commands/models.ts')).runModels({ name, ...options }, context)),
    );
}

function addPlan(program: Command, go: RunCommand): void {
  program
    .command('plan')
    .description('say which GPUs a model needs, why not fewer, and what they cost; nothing is submitted')
    .argument(
      '<model>',
      'a name that `fairlead models` lists, any org/model of the Hugging Face hub, or a folder of this machine',
    )
    .option('--site <site>', 'on the partitions of a site: curc-alpine, tud-capella, or the path of a site profile')
    .addOption(
      new Option(
        '--on <cluster>',
        'on the site of a configured cluster (the default cluster, if it has one)',
      ).conflicts('site'),
    )
    .option('--gpu <gpu>', 'on GPUs of this type and memory, such as h100:94')
    .option('--gpus <count>', 'how many GPUs a node has, where no site says it (8)', countNumber)
    .option('--nodes <count>', 'how many nodes there are, where no site says it (1)', countNumber)
    .option(
      '--context <tokens>',
      'tokens of the longest request with its answer (32768, or what the model reads)',
      countNumber,
    )
    .option('--concurrency <count>', 'requests of that length at a time (4)', countNumber)
    .addOption(new Option('--kv-cache <format>', 'how the KV cache is kept').choices(['auto', 'fp8']).default('auto'))
    .addHelpText(
      'after',
      `
Exit codes: 0 it fits somewhere, 1 it fits nowhere, 2 wrong usage.

Examples:
  fairlead plan llama-3.1-70b
  fairlead plan Qwen/Qwen2.5-7B-Instruct --gpu l40s
  fairlead plan llama-3.1-70b --site tud-capella --context 65536
  fairlead plan qwen3-32b --gpu a100:80 --gpus 4 --concurrency 16 --json`,
    )
    .action(async (model: string, options: PlanOptions) =>
      go(async (context) => (await import('../commands/plan.ts')).runPlan({ model, ...options }, context)),
    );
}

interface PlanOptions {
  site?: string;
  on?: string;
  gpu?: string;
  gpus?: number;
  nodes?: number;
  context?: number;
  concurrency?: number;
  kvCache: 'auto' | 'fp8';
}
