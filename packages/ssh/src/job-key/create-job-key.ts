// Makes the key pair with which a cluster's jobs log in to the bastion. In this process: no ssh-keygen, no file.

import { Secret } from '@fairlead/kit';
import { createEd25519KeyPair } from '../ed25519-key.ts';

export interface JobKey {
  /** OpenSSH format, unencrypted: it goes into 0600 files and nowhere else. */
  privateKey: Secret;
  /** `ssh-ed25519 AAAA…`, without a comment. */
  publicKey: string;
}

export function createJobKey(): JobKey {
  const { privateKey, publicKey } = createEd25519KeyPair();
  return { privateKey: new Secret(privateKey), publicKey };
}
