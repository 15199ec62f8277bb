// The CLI's own error codes and the exit codes of its commands.

import type { LaunchErrorCode } from '@fairlead/launch';

export type CliErrorCode =
  | LaunchErrorCode
  | 'needs_answer'
  | 'model_facts_missing'
  | 'site_unavailable'
  | 'bastion_unfit'
  | 'control_start_failed'
  | 'routes_differ'
  | 'upgrade_failed'
  | 'deployments_live'
  | 'uninstall_incomplete'
  | 'demo_failed'
  | 'dashboard_missing'
  | 'bench_failed'
  | 'gateway_failed'
  | 'publish_refused'
  | 'command_not_found'
  | 'command_not_executable'
  | 'interrupted'
  | 'interrupted_with_remains';

/** What a command's exit code says. Documented in `fairlead --help`. */
export const exit = {
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
