// What the failure of one try to connect to the bastion says about the tries that follow. Pure.

import type { SshErrorCode } from '@fairlead/ssh';

import type { OfferErrorCode } from '../carrier-error.ts';

/**
 * - `never`: only a person can change it.
 * - `never_at_first`: the same where it never worked. An overloaded server refuses too, so that later the next generation is tried.
 * - `next_socket`: the socket is taken: the next generation has another one.
 * - `denied`: the login was refused; the pause is long, for the site may lock the account out.
 * - `unanswered`: no host answered; such a try loads no server.
 * - `backoff`: everything else.
 */
export type TunnelRetry = 'never' | 'never_at_first' | 'next_socket' | 'denied' | 'unanswered' | 'backoff';

/** The compiler refuses a code without a decision. */
const retries: Readonly<Record<SshErrorCode | OfferErrorCode, TunnelRetry>> = {
  host_key_unknown: 'never',
  host_key_changed: 'never',
  host_key_revoked: 'never',
  socket_path_too_long: 'never',
  forward_forbidden: 'never_at_first',
  socket_exists: 'next_socket',
  auth_failed: 'denied',
  timeout: 'unanswered',
  // Each of several routes failed in its own way; the next try comes soon, since one of them may be back.
  no_route: 'unanswered',
  // Another host of the same name, or a gate that cannot serve now.
  wrong_bastion: 'backoff',
  gate_refused: 'backoff',
  gate_failed: 'backoff',
  // The network, or the server's load.
  dns: 'backoff',
  refused: 'backoff',
  unreachable: 'backoff',
  connection_lost: 'backoff',
  dial_refused: 'backoff',
  protocol: 'backoff',
  // A job outlives a key, an agent or a setting that is not there for the moment.
  key_unreadable: 'backoff',
  passphrase_needed: 'backoff',
  agent_unavailable: 'backoff',
  ssh_config_invalid: 'backoff',
  ssh_unusable: 'backoff',
  // Of calls that a tunnel does not make.
  remote_command_failed: 'backoff',
  output_too_large: 'backoff',
  upload_failed: 'backoff',
  authorized_keys_locked: 'backoff',
  authorized_keys_not_writable: 'backoff',
  authorized_keys_changed: 'backoff',
  authorized_keys_not_restored: 'backoff',
  job_key_refused: 'backoff',
  sshd_failed: 'backoff',
};

/** `backoff` for a code that is not of this house, such as one of the system. */
export function decideRetry(code: string): TunnelRetry {
  return Object.hasOwn(retries, code) ? retries[code as keyof typeof retries] : 'backoff';
}
