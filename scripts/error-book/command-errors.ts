// Codes of the commands themselves.

import type { CliErrorCode } from '@fairlead/cli';
import type { ErrorBook } from './error-entry.ts';

export const commandErrors: ErrorBook<CliErrorCode> = {
  usage: {
    cause: 'The command does not take an argument, a flag or a name that was given.',
    cure: 'Follow the message; `--help` lists what the command takes.',
  },
  config_invalid: {
    cause: 'The configuration is not YAML, has an unknown key, a wrong type, or settings that contradict each other.',
    cure: 'Correct the setting that the message names; docs/configuration.md lists all settings.',
  },
  config_unreadable: {
    cause: 'The named configuration file is missing or cannot be read.',
    cure: 'Correct `--config` or `FAIRLEAD_CONFIG`, or the permissions of the file.',
  },
  config_unwritable: {
    cause: 'This user cannot write into the folder of the configuration file, or the disk is full.',
    cure: 'Correct its permissions, make room, or name another file with `--config`.',
  },
  cluster_unknown: {
    cause: 'No cluster of that name is configured, or none was chosen among several.',
    cure: 'Name one with `--on`, set `defaultCluster`, or add it with `fairlead init`.',
  },
  preset_unknown: {
    cause: 'No preset has that name, and a name without a slash is not a model.',
    cure: 'Use a name from the message, a Hugging Face id (org/model) or an absolute path.',
  },
  image_missing: {
    cause: "The image of the engine's container is not on the login host, or your account may not read it there.",
    cure: 'Correct `engines.<engine>.container.image`, or make the image with the command that the message names.',
  },
  model_facts_missing: {
    cause:
      'The model is no preset, and its config.json cannot be read or says too little: the hub cannot be reached, the model is gated, or the id or folder is wrong.',
    cure: 'The message says which. Accept the licence on the hub and keep a token with `hf auth login`, correct the id, or name a folder of this machine.',
  },
  site_unavailable: {
    cause: 'The Git repository with the site profile cannot be cloned, and there is no earlier clone.',
    cure: "Try `git clone` with the same URL; the message has Git's own words. A file or a folder with the profile serves as well.",
  },
  does_not_fit: {
    cause:
      'By what is known of the model and of the GPUs of the site, the model does not fit on any of its partitions. Nothing was submitted.',
    cure: 'Take the change that the hint names. `fairlead plan` shows the numbers. `--no-plan` deploys it all the same.',
  },
  engine_flag_missing: {
    cause:
      'The engine that the login host finds at the path of `engines.<name>.command` has no such flag, and none that stands for it. Nothing was submitted.',
    cure: 'Correct the setting that the message names, or install another version. [Engines](engines.md#vllm-by-its-version) says what is replaced.',
  },
  engine_unknown: {
    cause: 'No engine has that name.',
    cure: 'Use an engine from the message.',
  },
  engine_options_invalid: {
    cause: 'The engine does not take these settings, or they come from another version.',
    cure: 'Correct the setting that the message names, and deploy again.',
  },
  needs_answer: {
    cause: 'The command has to ask a question and there is no terminal.',
    cure: 'Give the flag that the message names, or run it in a terminal.',
  },
  node_missing: {
    cause:
      "A host has no Node 22.18 or newer, and Fairlead's own Node does not run there (it needs Linux, x64 or arm64, glibc 2.28).",
    cure: 'Install a Node there (a module, conda, nvm) and name it: `clusters.<name>.node` or `bastion.node`.',
  },
  bundle_failed: {
    cause: 'A program for the cluster or the bastion could not be built or found on this machine.',
    cure: 'In a checkout run `npx pnpm@12 install`; from a package install it again.',
  },
  remote_unfit: {
    cause:
      'Fairlead cannot write its files into a directory on a host, or cannot run them there (noexec, quota, an old system).',
    cure: 'Choose another `paths.runtime` or `paths.state`, or name a Node on that host.',
  },
  bastion_unfit: {
    cause: 'The directory on the bastion cannot be made, or other users can write to it.',
    cure: 'Choose another one: `bastion.stateDir`.',
  },
  control_start_failed: {
    cause: "Control did not start on the bastion; the message has control's own words.",
    cure: 'Follow them; the log is `control.log` in the state directory there.',
  },
  submit_refused: {
    cause: "The scheduler refused the job; the message has Slurm's own words.",
    cure: 'Change what it names: for this deployment with `--set slurm.…`, permanently in the configuration.',
  },
  deploy_failed: {
    cause: 'The deployment ended before it was ready. The cause of its end is in the message.',
    cure: 'See the causes of an end below, and `fairlead logs <name>`.',
  },
  stop_failed: {
    cause: 'The job was ordered to end and has not ended.',
    cure: 'Find it with `squeue --me`, end it with `scancel`.',
  },
  routes_differ: {
    cause: 'The routes of `bastion.fromLaptop` lead to different hosts: they show different host keys.',
    cure: 'Remove the routes that do not lead to the bastion, then run `fairlead init` again.',
  },
  profile_mismatch: {
    cause: 'The configuration names another bastion than the one this machine was set up with.',
    cure: 'Run `fairlead init` to move to it; to keep both, name a second profile with `FAIRLEAD_PROFILE`.',
  },
  upgrade_failed: {
    cause: 'The new control did not start; the message says whether the old one runs again.',
    cure: 'Read the lines of its log in the message, solve their cause, and run `fairlead upgrade` again.',
  },
  deployments_live: {
    cause: 'Deployments that have not ended use what the command would remove.',
    cure: 'Stop them with `fairlead stop <name>`, or add `--yes`, which stops them.',
  },
  uninstall_incomplete: {
    cause: 'A part could not be removed; the message names each and why.',
    cure: 'Solve these causes and run `fairlead uninstall` again: it continues with the rest.',
  },
  model_unavailable: {
    cause:
      'Hugging Face does not give this model to this account: there is none of that name, or it is gated or private.',
    cure: "Correct the name; accept the licence on the model's page; give a token as `tokenFile` or with `--token-stdin`.",
  },
  hub_unreachable: {
    cause: 'The host that downloads has no way to Hugging Face, or Hugging Face does not answer.',
    cure: 'Name a host with internet as `transfer` of the cluster, set a proxy in `env`, or wait.',
  },
  disk_full: {
    cause: 'The file system or the quota of the cache has too little room for the weights, or for the environment.',
    cure: 'Make room, or set `HF_HOME` in `env` (`paths.environments` for `fairlead setup`) to a larger file system.',
  },
  weights_incomplete: {
    cause: 'The weights in the cache or folder are not whole, and the job could not fetch them.',
    cure: 'Run the `fairlead prefetch` that the message shows; it goes on where an earlier download stopped.',
  },
  prefetch_failed: {
    cause: 'The download could not be started or ended without a result.',
    cure: 'Follow the message, and run the command again: whole files are not downloaded again.',
  },
  setup_failed: {
    cause: 'The environment could not be built, or does not run on a compute node.',
    cure: 'Follow the message, and run `fairlead setup` again: it goes on where it stopped.',
  },
  logs_unavailable: {
    cause: "Neither the agent nor the job's files gave a log.",
    cure: 'The message says where they should be.',
  },
  dashboard_missing: {
    cause: 'The deployment has no dashboard, or the dashboard does not answer.',
    cure: 'Deploy it over several nodes with `executor: ray` and `dashboard: true` of its engine.',
  },
  demo_failed: { cause: 'A step of the demo failed.', cure: 'Follow the message, and report what is unclear.' },
  publish_refused: {
    cause:
      "The gateway does not take the publisher or the instance, or control cannot open its sockets to the gateway's account.",
    cure: 'The message says which, and what to ask of whom. It is offered as soon as that is mended.',
  },
  gateway_failed: {
    cause: "The gateway's program has ended without a reason that the command knows.",
    cure: 'Start it again; if it ends again, report it with the message.',
  },
  bench_failed: {
    cause: 'The first request of a benchmark was not answered, or its page could not be written.',
    cure: "Follow the message; --chat, --input-tokens and --output-tokens fit the requests to the engine and the model's context.",
  },
  command_not_found: {
    cause: 'The command after `exec <name> --` is not on PATH.',
    cure: 'Correct its name, or name its path.',
  },
  command_not_executable: {
    cause: 'The command after `exec <name> --` is a file that may not be executed.',
    cure: 'Make it executable, or name its interpreter before it.',
  },
  interrupted: {
    cause: 'Ctrl-C, a signal, or the answer no to a question; the command prints it only if there is more to say.',
    cure: 'Run the command again; a deployment keeps running meanwhile.',
  },
  interrupted_with_remains: {
    cause: 'Ctrl-C came after some steps were done; the message names what is done and what is not.',
    cure: 'Run the command again: it continues with the rest.',
  },
};
