// The error of a known_hosts file that is there and cannot be read.

import { type CodedError, errorText } from '@fairlead/kit';

import { type SshErrorCode, sshError } from '../ssh-error.ts';

export function knownHostsUnreadable(file: string, cause: unknown): CodedError<SshErrorCode> {
  return sshError('key_unreadable', `cannot read the known hosts in ${file} because of ${errorText(cause)}`, {
    hint: `Make ${file} a file that you may read, or name another one (UserKnownHostsFile in ~/.ssh/config, knownHostsFile in fairlead.yaml).`,
    cause,
  });
}
