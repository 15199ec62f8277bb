// A jump host on the way from a job to its host, as data and as a target. The key is the user's own, of the account on the cluster.

import { defined } from '@fairlead/kit';
import type { SshTarget } from './ssh-target.ts';

export interface JumpHost {
  host: string;
  port: number;
  user: string;
  identityFile: string;
  /** Pinned keys; absent: `knownHostsFiles` decide. */
  hostKeys?: string[] | undefined;
  knownHostsFiles: string[];
}

/** `limits`: those of the target behind it. */
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
