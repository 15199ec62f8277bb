// Whether the failure of one route to a host is that of every other route to it. Pure.

import type { SshErrorCode } from '../ssh-error.ts';

/** The compiler refuses a code without a decision. */
const finals: Readonly<Record<SshErrorCode, boolean>> = {
  // A refused login must not be repeated at once.
  auth_failed: true,
  passphrase_needed: true,
  agent_unavailable: true,
  key_unreadable: true,
  socket_exists: true,
  socket_path_too_long: true,
  // Of this route: the way, or the host at its end.
  dns: false,
  refused: false,
  unreachable: false,
  no_route: false,
  timeout: false,
  host_key_unknown: false,
  host_key_changed: false,
  host_key_revoked: false,
  connection_lost: false,
  protocol: false,
  forward_forbidden: false,
  dial_refused: false,
  gate_failed: false,
  ssh_config_invalid: false,
  ssh_unusable: false,
  // Of calls that no proof of a route makes.
  remote_command_failed: false,
  output_too_large: false,
  upload_failed: false,
  authorized_keys_locked: false,
  authorized_keys_not_writable: false,
  authorized_keys_changed: false,
  authorized_keys_not_restored: false,
  job_key_refused: false,
  sshd_failed: false,
};

/** True for a failure at the host after which no other route is tried. False for a code of another package. */
export function isFinalCode(code: string): boolean {
  return Object.hasOwn(finals, code) && finals[code as SshErrorCode];
}
