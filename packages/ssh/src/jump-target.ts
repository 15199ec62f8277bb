// A jump host between a job and the bastion, as data and as a target. The key is the user's own, on the cluster's account.

import { defined } from '@fairlead/kit';
import type { SshTarget } from './ssh-target.ts';

export interface JumpHost {
  host: string;
  port: number;
  user: string;
  identityFile: string;
  /** Pinned keys. Absent: the keys in `knownHostsFiles` are accepted. */
  hostKeys?: string[] | undefined;
  knownHostsFiles: string[];
}

/** The second argument has the time limits of the target behind the jump host. */
export function jumpTarget(
  { host, port, user, identityFile, hostKeys, knownHostsFiles }: JumpHost,
  { connectTimeoutMs, answerTimeoutMs }: Pick<SshTarget, 'connectTimeoutMs' | 'answerTimeoutMs'> = {},
): SshTarget {
  return {
    host,
    port,
    user,
    hostKeys: hostKeys ? { kind: 'pinned', keys: hostKeys } : { kind: 'known-hosts', files: knownHostsFiles },
    auth: { identityFiles: [identityFile] },
    ...defined({ connectTimeoutMs, answerTimeoutMs }),
  };
}
