// Identities in an ssh-agent: the agent signs and keeps the private keys.

import ssh2 from 'ssh2';
import type { OpenSSHAgent, ParsedKey, PublicKeyEntry } from 'ssh2';
import { sshError } from '../ssh-error.ts';
import type { KeyIdentity } from './key-file.ts';

export async function listAgentIdentities(socketPath: string): Promise<KeyIdentity[]> {
  const agent = new ssh2.OpenSSHAgent(socketPath);
  const { promise, resolve, reject } = Promise.withResolvers<ParsedKey[]>();
  agent.getIdentities((error, keys) => (error ? reject(error) : resolve((keys ?? []).map(parsedKey))));
  const keys = await promise.catch((cause: unknown) => {
    throw sshError('agent_unavailable', `cannot reach the ssh-agent at ${socketPath}`, {
      hint: 'Start an agent (eval "$(ssh-agent)"), or unset SSH_AUTH_SOCK.',
      retryable: true,
      cause,
    });
  });
  return keys.map((key) => ({
    name: `${key.comment || key.type} (agent)`,
    publicKey: key.getPublicSSH(),
    sign: async (data, hash) => signWithAgent({ agent, key, hash }, data),
  }));
}

function parsedKey(key: ParsedKey | PublicKeyEntry): ParsedKey {
  if (!('pubKey' in key)) return key;
  return parsedKey(key.pubKey as ParsedKey | PublicKeyEntry);
}

interface AgentKey {
  agent: OpenSSHAgent;
  key: ParsedKey;
  hash: string | undefined;
}

function signWithAgent({ agent, key, hash }: AgentKey, data: Buffer): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const options = hash === 'sha256' || hash === 'sha512' ? ({ hash } as const) : {};
  agent.sign(key, data, options, (error, signature) => {
    if (error || !signature) reject(error ?? new Error('the ssh-agent gave no signature'));
    else resolve(signature);
  });
  return promise;
}
