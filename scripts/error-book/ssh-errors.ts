// Codes of SSH connections: laptop to bastion, laptop to login host, job to bastion.

import type { SshErrorCode } from '@fairlead/ssh';
import type { ErrorBook } from './error-entry.ts';

export const sshErrors: ErrorBook<SshErrorCode> = {
  dns: { cause: 'The name of a host is not known here.', cure: 'Check the name; is a VPN needed?' },
  refused: { cause: 'The host is there, but nothing listens on that port.', cure: 'Check the port; sshd may be down.' },
  unreachable: { cause: 'No way leads to the host.', cure: 'Check the network, a VPN, a ProxyJump.' },
  no_route: {
    cause: 'The bastion has several routes, and none of them serves now; the message says what each one answered.',
    cure: 'Run `fairlead doctor`: it tries each route step by step. Nothing has to be started again when one is back.',
  },
  timeout: { cause: 'The host did not answer in time: a firewall, or it is down.', cure: 'Try `ssh` to it by hand.' },
  ssh_config_invalid: {
    cause:
      '`ssh -G`, or where there is no `ssh` the reader of Fairlead, refuses a line of ssh_config; or jump hosts lead in a circle.',
    cure: 'Correct the line it names. Where there is no `ssh` on the PATH, install OpenSSH: it understands lines that the reader of Fairlead refuses.',
  },
  host_key_unknown: {
    cause: 'The host shows a key that known_hosts does not have.',
    cure: 'Compare its fingerprint with what the site publishes; `ssh` to it once, or say yes when asked.',
  },
  host_key_changed: {
    cause:
      'The host shows another key than known_hosts has: it was replaced, or a third party is intercepting the connection.',
    cure: 'Ask the site. If the new key is right: `ssh-keygen -R <host>`, then `fairlead init` again.',
  },
  host_key_revoked: { cause: 'known_hosts marks this key as revoked.', cure: 'Ask the site.' },
  auth_failed: {
    cause: 'The host took none of the keys; or it wants another login than a key.',
    cure: 'Try `ssh` to it by hand; name the key with `identityFile`, or load it into the SSH agent. Where only `ssh` can log in (Kerberos, certificates, FIDO keys, codes): `driver: ssh`.',
  },
  passphrase_needed: {
    cause: 'A key has a passphrase and there is no terminal to type it.',
    cure: '`ssh-add` it, or run the command in a terminal.',
  },
  agent_unavailable: { cause: 'The SSH agent does not answer.', cure: 'Start it, or unset SSH_AUTH_SOCK.' },
  key_unreadable: { cause: 'A private key cannot be read.', cure: 'Check its path, permissions and form.' },
  connection_lost: { cause: 'The connection ended while it was needed.', cure: 'Run the command again.' },
  protocol: { cause: 'What the other side said is not SSH as expected.', cure: 'Is it an SSH server? Report it.' },
  forward_forbidden: {
    cause: 'The server does not forward unix sockets (AllowStreamLocalForwarding no, DisableForwarding yes).',
    cure: 'Ask the site, or take another bastion.',
  },
  socket_exists: {
    cause: 'Something lies where a socket should be.',
    cure: 'It goes by itself when its owner is gone; else remove it.',
  },
  socket_path_too_long: {
    cause: 'The path of a socket is over the 107 bytes that the system takes (103 on macOS).',
    cure: 'Choose a shorter directory: `bastion.runDir`, `paths.scratch`.',
  },
  dial_refused: { cause: 'No program answers at a socket on the bastion.', cure: 'Try again; see `fairlead status`.' },
  remote_command_failed: {
    cause: 'A command on a host ended with an error; its words are in the message.',
    cure: 'Do as they say.',
  },
  output_too_large: {
    cause: 'A command on a host printed more than was expected.',
    cure: "Does the shell's start file print a lot? Make it silent where no terminal is there.",
  },
  gate_failed: {
    cause: 'The gate on the bastion did not say its line: it is missing, or something else answered in its place.',
    cure: 'Run `fairlead init` again.',
  },
  ssh_unusable: {
    cause: "With `driver: ssh`: the system's ssh is missing, or cannot share a connection (Windows).",
    cure: 'Install OpenSSH 7.6 or newer; on Windows use keys and `driver: ssh2`, or WSL.',
  },
  upload_failed: {
    cause: 'A file did not arrive whole: the connection, the disk or a quota. The half of it was removed.',
    cure: 'Make room, or run the command again.',
  },
  authorized_keys_locked: {
    cause: 'Another process of ours changes authorized_keys right now.',
    cure: 'Run the command again.',
  },
  authorized_keys_not_writable: {
    cause: 'authorized_keys is not yours to change on this host.',
    cure: 'Have the line that is printed added where keys are kept; set `bastion.authorizedKeysFile` where it is elsewhere.',
  },
  authorized_keys_changed: {
    cause: 'Another program changed authorized_keys at the same moment; nothing was written.',
    cure: 'Run the command again.',
  },
  authorized_keys_not_restored: {
    cause: 'A change did not work and could not be undone; the message names the backup.',
    cure: 'Put the backup in place before you log out.',
  },
  job_key_refused: {
    cause: "The job's key was added, and the server does not let it in.",
    cure: 'The server may read another file, or not know an option of the line: the message has it.',
  },
  sshd_failed: { cause: "This machine's own SSH server did not start (demo, tests).", cure: 'Do as the message says.' },
};
