// Applies a host-key policy to one login: reads the files, asks for known key types first, asks the user about an unknown host if
// the policy allows that, and records an accepted key.

import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type CodedError, defined, errnoOf } from '@fairlead/kit';
import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { type SshErrorCode, sshError } from '../ssh-error.ts';
import {
  decideHostKey,
  decidePinnedKey,
  type HostKeyVerdict,
  knownKeyTypes,
  type KnownHostsQuestion,
} from './decide-host-key.ts';
import { type HostKey, type HostKeyAlgorithm, orderHostKeyAlgorithms, parseHostKeyLine } from './host-key.ts';
import { knownHostsName, parseKnownHosts } from './known-hosts.ts';
import { knownHostsUnreadable } from './known-hosts-unreadable.ts';

export interface HostKeyVerifier {
  readonly algorithms: HostKeyAlgorithm[];
  /** Resolves with the error of a key that is not accepted; undefined if it is accepted. */
  refuse(key: HostKey): Promise<CodedError<SshErrorCode> | undefined>;
}

export async function openHostKeyVerifier(target: SshTarget): Promise<HostKeyVerifier> {
  const policy = target.hostKeys;
  if (policy.kind === 'pinned') {
    const pinned = policy.keys.map(parseHostKeyLine).filter((key) => key !== undefined);
    return {
      algorithms: orderHostKeyAlgorithms(
        pinned.map((key) => key.type),
        'only',
      ),
      refuse: async (key) => refusal(target, key, decidePinnedKey(pinned, key)),
    };
  }
  const entries = (await Promise.all(policy.files.map(readKnownHosts))).flat();
  // ssh(1) looks an alias up unchanged, without the port.
  const name = policy.alias === undefined ? { host: target.host, port: target.port } : { host: policy.alias, port: 22 };
  const question: KnownHostsQuestion = { entries, ...name };
  return {
    algorithms: orderHostKeyAlgorithms(knownKeyTypes(question), 'rest-after'),
    refuse: async (key) => {
      const verdict = decideHostKey(question, key);
      if (verdict.kind !== 'unknown' || !policy.ask) return refusal(target, key, verdict);
      const yes = await policy.ask({
        host: target.host,
        port: target.port,
        keyType: key.type,
        fingerprint: key.fingerprint,
        ...defined({ keptIn: policy.keptIn }),
      });
      if (!yes) return refusal(target, key, verdict);
      if (policy.addTo) await remember(policy.addTo, question, key);
      return undefined;
    },
  };
}

async function readKnownHosts(file: string) {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw knownHostsUnreadable(file, error);
  }
}

async function remember(file: string, { host, port }: KnownHostsQuestion, key: HostKey): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const before = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  });
  const newline = before === '' || before.endsWith('\n') ? '' : '\n';
  await appendFile(file, `${newline}${knownHostsName(host, port)} ${key.type} ${key.base64}\n`, { mode: 0o600 });
}

function refusal(target: SshTarget, key: HostKey, verdict: HostKeyVerdict): CodedError<SshErrorCode> | undefined {
  const label = targetLabel(target);
  const presented = `${key.type} ${key.fingerprint}`;
  switch (verdict.kind) {
    case 'known':
      return undefined;
    case 'unknown':
      return sshError('host_key_unknown', `cannot trust ${label} because its host key is not known: got ${presented}`, {
        hint: `Compare the fingerprint with what the site publishes, then log in once with \`ssh -p ${target.port} ${target.user}@${target.host}\` and accept it.`,
      });
    case 'changed':
      return sshError(
        'host_key_changed',
        `cannot trust ${label} because its host key changed: ${verdict.where} has ${verdict.expected}, got ${presented}`,
        {
          hint: `A third party may be intercepting the connection, or the host was reinstalled. Ask its operator; only if the new fingerprint is right, remove the old key (${verdict.where}).`,
        },
      );
    case 'revoked':
      return sshError(
        'host_key_revoked',
        `cannot trust ${label} because ${verdict.where} revokes its key ${presented}`,
        {
          hint: 'Do not connect. Ask the operator of the host.',
        },
      );
  }
}
