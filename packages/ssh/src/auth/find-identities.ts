// Decides which keys are offered and in which order; collects the keys that cannot be used, each with its reason.

import { type CodedError, errorText, isCodedError } from '@fairlead/kit';
import type { SshAuth } from '../ssh-target.ts';
import { type SshErrorCode, sshError } from '../ssh-error.ts';
import { listAgentIdentities } from './agent-identities.ts';
import { type KeyIdentity, identityFromSecret, readIdentityFile, readPublicKeyFile } from './key-file.ts';

export interface FoundIdentities {
  identities: KeyIdentity[];
  /** Keys that exist but could not be used. */
  failures: CodedError<SshErrorCode>[];
}

export async function findIdentities(auth: SshAuth): Promise<FoundIdentities> {
  const failures: CodedError<SshErrorCode>[] = [];
  const tolerate = async <T>(found: Promise<T>): Promise<T | undefined> => {
    try {
      return await found;
    } catch (error) {
      failures.push(asTunnelError(error));
      return undefined;
    }
  };
  const files = auth.identityFiles ?? [];
  const { privateKey, agentSocket } = auth;
  const given = privateKey ? await tolerate((async () => identityFromSecret(privateKey))()) : undefined;
  const fromFiles: KeyIdentity[] = [];
  const configured: Buffer[] = [];
  for (const file of files) {
    const identity = await tolerate(readIdentityFile(file, auth.askPassphrase));
    if (identity) fromFiles.push(identity);
    const publicKey = identity?.publicKey ?? (await tolerate(readPublicKeyFile(`${file}.pub`)));
    if (publicKey) configured.push(publicKey);
  }
  const fromAgent = agentSocket ? ((await tolerate(listAgentIdentities(agentSocket))) ?? []) : [];
  const isConfigured = (identity: KeyIdentity) => configured.some((key) => key.equals(identity.publicKey));
  const others = auth.identitiesOnly ? [] : fromAgent.filter((identity) => !isConfigured(identity));
  // After a key in memory, the order of ssh(1): the agent's copies of configured keys, the agent's other keys, the files.
  const inOrder = [...(given ? [given] : []), ...fromAgent.filter(isConfigured), ...others, ...fromFiles];
  return { identities: withoutRepeats(inOrder), failures };
}

function withoutRepeats(identities: readonly KeyIdentity[]): KeyIdentity[] {
  return identities.filter(
    (identity, index) => identities.findIndex((other) => other.publicKey.equals(identity.publicKey)) === index,
  );
}

function asTunnelError(error: unknown): CodedError<SshErrorCode> {
  if (isCodedError<SshErrorCode>(error)) return error;
  return sshError('key_unreadable', errorText(error), { cause: error });
}
