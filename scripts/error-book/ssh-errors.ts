// Codes of SSH connections: laptop to bastion, laptop to login host, job to bastion.

import type { SshErrorCode } from '@fairlead/ssh';
import type { ErrorBook } from './error-entry.ts';

export const sshErrors: ErrorBook<SshErrorCode> = {
  dns: { cause: 'The name of a host cannot be resolved here.', cure: 'Check the name, and whether a VPN is needed.' },
  refused: { cause: 'The host is up, but nothing listens on that port.', cure: 'Check the port; sshd may be down.' },
  unreachable: { cause: 'The network has no route to the host.', cure: 'Check the network, a VPN, a ProxyJump.' },
  no_route: {
    cause: 'The bastion has several routes, and none of them works now; the message has the answer of each.',
    cure: 'Run `fairlead doctor`: it tries each route step by step. When a route works again, nothing has to be restarted.',
  },
  timeout: { cause: 'The host did not answer in time: a firewall, or it is down.', cure: 'Try `ssh` to it by hand.' },
  ssh_config_invalid: {
    cause:
      '`ssh -G`, or without `ssh` the reader of Fairlead, refuses a line of ssh_config; or jump hosts form a loop.',
    cure: "Correct the line that the message names. Without `ssh` on the PATH, install OpenSSH: it understands lines that Fairlead's own reader refuses.",
  },
  host_key_unknown: {
    cause: 'The host shows a key that known_hosts does not have.',
    cure: 'Compare its fingerprint with what the site publishes; `ssh` to it once, or answer yes.',
  },
  host_key_changed: {
    cause:
      'The host shows another key than known_hosts has: it was replaced, or a third party is intercepting the connection.',
    cure: 'Ask the site. If the new key is right: `ssh-keygen -R <host>`, then `fairlead init` again.',
  },
  host_key_revoked: { cause: 'known_hosts marks this key as revoked.', cure: 'Ask the site.' },
  auth_failed: {
    cause: 'The host accepted none of the keys, or it requires another login than a key.',
    cure: 'Try `ssh` to it by hand; name the key with `identityFile`, or load it into the SSH agent. Where only `ssh` can log in (Kerberos, certificates, FIDO keys, codes): `driver: ssh`.',
  },
  passphrase_needed: {
    cause: 'A key has a passphrase and there is no terminal to type it.',
    cure: '`ssh-add` it, or run the command in a terminal.',
  },
  agent_unavailable: { cause: 'The SSH agent does not answer.', cure: 'Start it, or unset SSH_AUTH_SOCK.' },
  key_unreadable: { cause: 'A private key cannot be read.', cure: 'Check its path, permissions and format.' },
  connection_lost: { cause: 'The connection ended while it was needed.', cure: 'Run the command again.' },
  protocol: {
    cause: 'The other side did not speak SSH as expected.',
    cure: 'Check that it is an SSH server; if it is, report this.',
  },
  forward_forbidden: {
    cause: 'The server does not forward unix sockets (AllowStreamLocalForwarding no, DisableForwarding yes).',
    cure: 'Ask the site, or use another bastion.',
  },
  socket_exists: {
    cause: 'A file or socket exists at the path of a socket.',
    cure: 'It is removed when its owner has ended; otherwise remove it.',
  },
  socket_path_too_long: {
    cause: 'The path of a socket is longer than the 107 bytes that the system allows (103 on macOS).',
    cure: 'Choose a shorter directory: `bastion.runDir`, `paths.scratch`.',
  },
  dial_refused: { cause: 'No program answers at a socket on the bastion.', cure: 'Try again; see `fairlead status`.' },
  remote_command_failed: {
    cause: 'A command on a host ended with an error; its words are in the message.',
    cure: 'Do as they say.',
  },
  output_too_large: {
    cause: 'A command on a host printed more than was expected.',
    cure: "Check whether the shell's start-up file prints much, and make it silent without a terminal.",
  },
  gate_failed: {
    cause: 'The gate on the bastion did not print its line: it is missing, or another program answered.',
    cure: 'Run `fairlead init` again.',
  },
  ssh_unusable: {
    cause: "With `driver: ssh`: the system's ssh is missing, or cannot share a connection (Windows).",
    cure: 'Install OpenSSH 7.6 or newer; on Windows use keys and `driver: ssh2`, or WSL.',
  },
  upload_failed: {
    cause:
      'A file did not arrive completely: the connection, the disk or a quota failed. The part that arrived was removed.',
    cure: 'Make room, or run the command again.',
  },
  authorized_keys_locked: {
    cause: 'Another Fairlead process changes authorized_keys at present.',
    cure: 'Run the command again.',
  },
  authorized_keys_not_writable: {
    cause: 'You may not change authorized_keys on this host.',
    cure: 'Have the printed line added where the site keeps keys; set `bastion.authorizedKeysFile` if that is another file.',
  },
  authorized_keys_changed: {
    cause: 'Another program changed authorized_keys at the same moment; nothing was written.',
    cure: 'Run the command again.',
  },
  authorized_keys_not_restored: {
    cause: 'A change did not work and could not be undone; the message names the backup.',
    cure: 'Restore the backup before you log out.',
  },
  job_key_refused: {
    cause: "The job's key was added, but the server refuses it.",
    cure: 'The server may read another file, or may not know an option of the line, which the message has.',
  },
  sshd_failed: { cause: "This machine's own SSH server did not start (demo, tests).", cure: 'Do as the message says.' },
};
