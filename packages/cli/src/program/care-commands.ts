// The commands that look after what Fairlead has put on hosts: upgrade and uninstall.

import type { Command } from 'commander';

import type { RunCommand } from '../program.ts';

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
}
