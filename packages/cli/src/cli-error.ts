// The CLI's own error codes and the exit codes of its commands.

export type CliErrorCode =
  | 'usage'
  | 'config_invalid'
  | 'config_unreadable'
  | 'config_unwritable'
  | 'cluster_unknown'
  | 'preset_unknown'
  | 'needs_answer'
  | 'node_missing'
  | 'bundle_failed'
  | 'remote_unfit'
  | 'bastion_unfit'
  | 'control_start_failed'
  | 'submit_refused'
  | 'deploy_failed'
  | 'stop_failed'
  | 'profile_mismatch'
  | 'routes_differ'
  | 'upgrade_failed'
  | 'deployments_live'
  | 'uninstall_incomplete'
  | 'logs_unavailable'
  | 'demo_failed'
  | 'command_not_found'
  | 'command_not_executable'
  | 'interrupted'
  | 'interrupted_with_remains';

/** What a command's exit code says. Documented in `fairlead --help`. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  /** `exec`'s, as a shell's. */
  notExecutable: 126,
  commandNotFound: 127,
  interrupted: 130,
} as const;
