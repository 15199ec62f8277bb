// The commands that look after what Fairlead has put on hosts: upgrade and uninstall.

import type { Command } from 'commander';

import type { RunCommand } from './run-command.ts';

export function addCareCommands(program: Command, go: RunCommand): void {
  program
    .command('upgrade')
    .description('put this version on bastion and clusters; what runs goes on, its streams too')
    .option('--dry-run', 'say what would be replaced, change nothing')
    .addHelpText('after', '\nExamples:\n  fairlead upgrade --dry-run\n  fairlead upgrade')
    .action(async (options: { dryRun?: boolean }) =>
      go(async (context) =>
        (await import('../commands/upgrade.ts')).runUpgrade({ dryRun: options.dryRun ?? false }, context),
      ),
    );
  program
    .command('uninstall')
    .description('remove what Fairlead has put on clusters, the bastion and this machine; without a choice, all of it')
    .option('--cluster <name>', 'from this cluster')
    .option('--bastion', 'from the bastion')
    .option('--laptop', 'from this machine: profile and cache')
    .option('--all', 'from everywhere')
    .option('--with-config', "this machine's configuration file too")
    .option('--yes', 'ask nothing; live deployments are drained and stopped')
    .option('--force', 'as --yes, but cut requests in flight, and go on where bastion or control do not answer')
    .option('--dry-run', 'say what would be removed, change nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead uninstall --dry-run\n  fairlead uninstall --cluster mycluster\n  fairlead uninstall --all --with-config --yes',
    )
    .action(async (options: UninstallOptions) =>
      go(async (context) =>
        (await import('../commands/uninstall.ts')).runUninstall({ ...nothingChosen, ...options }, context),
      ),
    );
}

type UninstallOptions = Partial<typeof nothingChosen> & { cluster?: string };

const nothingChosen = {
  bastion: false,
  laptop: false,
  all: false,
  withConfig: false,
  yes: false,
  force: false,
  dryRun: false,
};
