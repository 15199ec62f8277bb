// The commands that prepare what a job will need on the cluster: prefetch and setup.

import type { Command } from 'commander';

import { collect } from './flag-values.ts';
import type { RunCommand } from './run-command.ts';

export function addPrepareCommands(program: Command, go: RunCommand): void {
  addPrefetch(program, go);
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
    .option('--engine <engine>', 'the engine that will serve it', 'vllm')
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
