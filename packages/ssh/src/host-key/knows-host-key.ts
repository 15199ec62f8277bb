// Tells whether a key is on file for a host, without connecting: two names in ssh_config with the same key are one host.

import type { SshTarget } from '../ssh-target.ts';
import { openHostKeyVerifier } from './host-key-verifier.ts';
import { parseHostKeyLine } from './host-key.ts';

/** `keyLine`: `ssh-ed25519 AAAA…`. Rejects if known_hosts cannot be read. */
export async function knowsHostKey(target: SshTarget, keyLine: string): Promise<boolean> {
  const key = parseHostKeyLine(keyLine);
  if (!key) return false;
  const verifier = await openHostKeyVerifier({ ...target, hostKeys: withoutPerson(target.hostKeys) });
  return (await verifier.refuse(key)) === undefined;
}

function withoutPerson(policy: SshTarget['hostKeys']): SshTarget['hostKeys'] {
  if (policy.kind === 'pinned') return policy;
  const { ask: _, ...rest } = policy;
  return rest;
}
