// The commands that look at a site and set this machine up for it: init and doctor.

import type { Command } from 'commander';

import type { RunCommand } from './run-command.ts';
import { collect, seconds } from './flag-values.ts';

export function addSiteCommands(program: Command, go: RunCommand): void {
  addInit(program, go);
  addDoctor(program, go);
}

function addInit(program: Command, go: RunCommand): void {
  program
    .command('init')
    .description('set this machine up: find out what the site offers, write the configuration, prepare the bastion')
    .option('-y, --yes', 'ask nothing; take flags, what is configured, and what is plain')
    .option('--bastion <[user@]host[:port]>', 'the SSH host that this machine and the cluster reach')
    .option('--bastion-inside <[user@]host[:port]>', 'what the bastion is called from a compute node')
    .option('--cluster <name>', 'a short name for the cluster')
    .option('--login <[user@]host[:port]>', 'the SSH host that takes sbatch')
    .option(
      '--site <site>',
      'the site profile of the cluster: curc-alpine, tud-capella, a file, or a folder or Git URL of profiles with #name',
    )
    .option('--local', 'jobs run on this machine, without Slurm')
    .option('--partition <name>', 'the Slurm partition')
    .option('--account <name>', 'the Slurm account')
    .option('--gpu-type <type>', 'the Slurm GPU type, such as a100')
    .addHelpText(
      'after',
      '\nIt may be run again at any time: what you configured stays, comments too.\n\nExamples:\n  fairlead init\n  fairlead init --yes --bastion gate.example.org --login login.example.org --partition gpu\n  fairlead init --site curc-alpine\n  fairlead init --site https://git.example.org/sites.git#my-site',
    )
    .action(async (options: Record<string, string> & { yes?: boolean; local?: boolean }) =>
      go(async (context) =>
        (await import('../commands/init.ts')).runInit(
          { ...options, yes: options.yes ?? false, local: options.local ?? false },
          context,
        ),
      ),
    );
}

interface DoctorOptions {
  on?: string;
  set: string[];
  yes?: boolean;
  /** `--no-job` makes it false. */
  job?: boolean;
  wait: number;
}

function addDoctor(program: Command, go: RunCommand): void {
  program
    .command('doctor')
    .description('try everything that a deployment needs, from this machine to a compute node, and say what to do')
    .argument(
      '[model]',
      'what would be deployed: a preset, org/model, or an absolute path (absent: any model on one GPU)',
    )
    .option('--on <cluster>', 'the cluster to look at')
    .option('--set <path=value>', 'one setting of the configuration for this look; may be repeated', collect, [])
    .option('-y, --yes', 'submit the test job without asking')
    .option('--job', 'the same as --yes')
    .option('--no-job', 'submit no test job')
    .option('--wait <seconds>', 'how long the test job may wait in the queue', seconds, 300)
    .addHelpText(
      'after',
      `
A test job of a minute tries from a compute node what nothing else can: its way out to the bastion, its GPUs, the engine.
It is asked for first; without a terminal, and with --json, only --yes submits it. Nothing is left behind.
With --json each check is one line (id, status ok, warn, fail or skipped, tried, found, todo).

Exit codes: 0 nothing failed (warnings may stand there), 1 something failed.

Examples:
  fairlead doctor
  fairlead doctor llama-3.1-8b --yes
  fairlead doctor --json --no-job`,
    )
    .action(async (model: string | undefined, options: DoctorOptions) =>
      go(async (context) => {
        const { runDoctor } = await import('../commands/doctor.ts');
        const job = options.job === false ? 'no' : options.yes === true || options.job === true ? 'yes' : 'ask';
        await runDoctor({ model, on: options.on, set: options.set, job, waitSeconds: options.wait }, context);
      }),
    );
}
