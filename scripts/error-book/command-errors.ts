// Codes of the commands themselves.

import type { CliErrorCode } from '@fairlead/cli';
import type { ErrorBook } from './error-entry.ts';

export const commandErrors: ErrorBook<CliErrorCode> = {
  usage: {
    cause: 'An argument, a flag or a name that the command does not take.',
    cure: 'Do as the message says; `--help` shows what is possible.',
  },
  config_invalid: {
    cause: 'The configuration is not YAML, has an unknown key, a wrong type, or settings that contradict each other.',
    cure: 'Correct the setting it names; docs/configuration.md has them all.',
  },
  config_unreadable: {
    cause: 'The configuration file is missing where it was named, or may not be read.',
    cure: 'Correct `--config` or `FAIRLEAD_CONFIG`, or the permissions of the file.',
  },
  config_unwritable: {
    cause: 'The folder of the configuration file takes no file from this user, or has no room.',
    cure: 'Correct its permissions, make room, or name another file with `--config`.',
  },
  cluster_unknown: {
    cause: 'No cluster of that name is configured, or none was chosen among several.',
    cure: 'Name one with `--on`, set `defaultCluster`, or add it with `fairlead init`.',
  },
  preset_unknown: {
    cause: 'No preset has that name, and without a slash it is no model either.',
    cure: 'Take a name that the message offers, a Hugging Face id (org/model) or an absolute path.',
  },
  engine_unknown: {
    cause: 'There is no engine of that name.',
    cure: 'Take one that the message names.',
  },
  engine_options_invalid: {
    cause: 'Settings of an engine are not what it takes, or come from another version.',
    cure: 'Correct the setting that the message names, and deploy again.',
  },
  needs_answer: {
    cause: 'A question has to be answered and no terminal is there to ask.',
    cure: 'Give the flag that the message names, or run it in a terminal.',
  },
  node_missing: {
    cause: 'A host has no Node 22.18 or newer, and none of ours fits it (Linux, x64 or arm64, glibc 2.28).',
    cure: 'Install a Node there (a module, conda, nvm) and name it: `clusters.<name>.node` or `bastion.node`.',
  },
  bundle_failed: {
    cause: 'A program that goes to the cluster or the bastion could not be made or found on this machine.',
    cure: 'In a checkout run `npx pnpm@12 install`; from a package install it again.',
  },
  remote_unfit: {
    cause: 'A directory on a host does not take our files, or does not let them run (noexec, quota, an old system).',
    cure: 'Choose another `paths.runtime` or `paths.state`, or name a Node that is there.',
  },
  bastion_unfit: {
    cause: 'The directory on the bastion cannot be made, or is not ours alone.',
    cure: 'Choose another one: `bastion.stateDir`.',
  },
  control_start_failed: {
    cause: 'Control did not start on the bastion; the message has its own words.',
    cure: 'Do as they say; its log is `control.log` in the state directory there.',
  },
  submit_refused: {
    cause: "The scheduler would not take the job; the message has Slurm's own words.",
    cure: 'Change what it names, for this deployment with `--set slurm.…`, for good in the configuration.',
  },
  deploy_failed: {
    cause: 'The deployment ended before it was ready. The cause of its end is in the message.',
    cure: 'See the causes of an end below, and `fairlead logs <name>`.',
  },
  stop_failed: {
    cause: 'The job was told to end and is still there.',
    cure: 'Look at it with `squeue --me`, end it with `scancel`.',
  },
  routes_differ: {
    cause: 'The routes of `bastion.fromLaptop` lead to different hosts: they show different host keys.',
    cure: 'Take the ones out that are not the bastion, then `fairlead init` again.',
  },
  profile_mismatch: {
    cause: 'The configuration names another bastion than the one this machine was set up with.',
    cure: 'Run `fairlead init` to move to it, or keep both: name a profile of its own with `FAIRLEAD_PROFILE`.',
  },
  upgrade_failed: {
    cause: 'The new control did not come up; the message says whether the old one runs again.',
    cure: 'Read the lines of its log in the message; try `fairlead upgrade` again when their cause is gone.',
  },
  deployments_live: {
    cause: 'What was to be removed is in use by deployments that have not ended.',
    cure: 'Stop them with `fairlead stop <name>`, or say `--yes` to have them stopped.',
  },
  uninstall_incomplete: {
    cause: 'A part could not be removed; the message names each and why.',
    cure: 'Mend what it names and run `fairlead uninstall` again: it goes on where it was.',
  },
  logs_unavailable: {
    cause: "Neither the agent nor the job's files gave a log.",
    cure: 'The message says where they should be.',
  },
  demo_failed: { cause: 'A step of the demo failed.', cure: 'Do as the message says, and report what is unclear.' },
  command_not_found: {
    cause: 'The command after `exec <name> --` is not on PATH.',
    cure: 'Correct its name, or name its path.',
  },
  command_not_executable: {
    cause: 'The command after `exec <name> --` is a file that may not be executed.',
    cure: 'Make it executable, or name its interpreter before it.',
  },
  interrupted: {
    cause:
      'A Ctrl-C, a signal, or a no to the question whether to go on; people see it only where there is something to say.',
    cure: 'Run the command again; a deployment goes on meanwhile.',
  },
  interrupted_with_remains: {
    cause: 'A Ctrl-C came when something was done already; the message names what is done and what is not.',
    cure: 'Run the command again: it goes on where it was.',
  },
};
