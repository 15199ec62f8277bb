// The commands that prepare what a job will need on the cluster: prefetch and setup.

import type { Command } from 'commander';

import { collect, seconds, wholeNumber } from './flag-values.ts';
import type { RunCommand } from './run-command.ts';

export function addPrepareCommands(program: Command, go: RunCommand): void {
  addPrefetch(program, go);
  addSetup(program, go);
}

interface PrefetchFlags {
  on?: string;
  engine?: string;
  set: string[];
  verify?: boolean;
  tokenStdin?: boolean;
}

function addPrefetch(program: Command, go: RunCommand): void {
  program
    .command('prefetch')
    .description("download a model's weights on the cluster, into the cache in which its jobs look for them")
    .argument('<model>', "a preset's name or a Hugging Face id (org/model)")
    .option('--on <cluster>', 'the cluster')
    .option('--engine <engine>', "the engine that will serve it (default: the preset's, else vllm)")
    .option('--set <path=value>', 'one setting of the configuration for this download; may be repeated', collect, [])
    .option('--token-stdin', "read a Hugging Face token from standard input, in place of the cluster's tokenFile")
    .option('--verify', 'compare the hash of every file, also of those that were there before')
    .addHelpText(
      'after',
      `
It runs huggingface_hub of the site's environment on the login host, or on the host that \`transfer\` names. It may be interrupted and
run again: files that are whole are not downloaded again. New files are compared with their hashes.

Examples:
  fairlead prefetch qwen3-8b
  fairlead prefetch meta-llama/Llama-3.1-8B-Instruct --token-stdin < ~/.hf-token`,
    )
    .action(async (model: string, { verify, tokenStdin, engine, ...flags }: PrefetchFlags) =>
      go(async (context) =>
        (await import('../commands/prefetch.ts')).runPrefetch(
          { what: model, engine, ...flags, verify: verify === true, tokenStdin: tokenStdin === true },
          context,
        ),
      ),
    );
}

interface SetupFlags {
  engine: string;
  engineVersion?: string;
  dir?: string;
  container?: string | true;
  on?: string;
  set: string[];
  /** `--no-job` makes it false. */
  job: boolean;
  gpus?: number;
  wait: number;
}

function addSetup(program: Command, go: RunCommand): void {
  program
    .command('setup')
    .description('install an engine on the cluster: build its environment, try it on a compute node, configure it')
    .option('--engine <engine>', 'the engine', 'vllm')
    .option('--engine-version <version>', 'its version (the newest)')
    .option(
      '--dir <directory>',
      'where environments lie; else paths.environments, else the first file system with room',
    )
    .option('--container [image]', "pull an image with Apptainer in place of a venv; without a value the engine's own")
    .option('--on <cluster>', 'the cluster')
    .option('--set <path=value>', 'one setting of the configuration for this setup; may be repeated', collect, [])
    .option('--no-job', 'do not try it on a compute node')
    .option('--gpus <count>', 'GPUs of the job that tries it (1); 0 for an engine that serves on CPUs', wholeNumber)
    .option('--wait <seconds>', 'how long the job that tries it may wait in the queue', seconds, 900)
    .addHelpText(
      'after',
      `
uv builds the venv where it is installed, else python3 and pip. The environment gets its name when it has been tried; what an interrupt
leaves is used by the next run. At the end engines.<engine>.command is written into the configuration.

Examples:
  fairlead setup
  fairlead setup --engine-version 0.11.0 --dir /project/me/environments
  fairlead setup --container docker://vllm/vllm-openai:v0.11.0`,
    )
    .action(async ({ job, wait, ...flags }: SetupFlags) =>
      go(async (context) =>
        (await import('../commands/setup.ts')).runSetup({ ...flags, isTried: job, waitSeconds: wait }, context),
      ),
    );
}
