// Makes the key pair that a cluster's jobs log in to the bastion with. In this process: no ssh-keygen, no file.

import { Secret } from '@fairlead/kit';
import ssh2 from 'ssh2';

export interface JobKey {
  /** OpenSSH format, unencrypted: it goes into 0600 files and nowhere else. */
  privateKey: Secret;
  /** `ssh-ed25519 AAAA…`, without a comment. */
  publicKey: string;
}

export function createJobKey(): JobKey {
  const pair = ssh2.utils.generateKeyPairSync('ed25519');
  return { privateKey: new Secret(pair.private), publicKey: pair.public.trim() };
}
