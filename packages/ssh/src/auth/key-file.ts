// Private key files. As ssh(1) does, offers the public half of an encrypted key and decrypts the key only when the server asks
// for a signature, so that the user types a passphrase only for a key that the server accepts.

import { readFile } from 'node:fs/promises';
import { errnoOf, errorText, type Secret } from '@fairlead/kit';
import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';
import type { SshAuth } from '../ssh-target.ts';
import { sshError } from '../ssh-error.ts';
import { publicHalf } from './public-half.ts';

export interface KeyIdentity {
  /** The key in messages: a path, or the agent's comment; never key material. */
  name: string;
  publicKey: Buffer;
  /** `hash` is given for RSA keys only. */
  sign(data: Buffer, hash: string | undefined): Promise<Buffer>;
}

export function identityFromSecret(secret: Secret): KeyIdentity {
  const parsed = ssh2.utils.parseKey(secret.reveal());
  if (parsed instanceof Error) throw unreadable('the given private key', parsed);
  return openIdentity('the given private key', parsed);
}

/** Undefined when there is no such file. */
export async function readIdentityFile(file: string, ask: SshAuth['askPassphrase']): Promise<KeyIdentity | undefined> {
  const text = await readIfPresent(file);
  if (text === undefined) return undefined;
  const parsed = ssh2.utils.parseKey(text);
  if (!(parsed instanceof Error)) {
    if (parsed.isPrivateKey()) return openIdentity(file, parsed);
    throw sshError('key_unreadable', `cannot log in with ${file} because it holds a public key`, {
      hint: 'Name the private key: the file without .pub.',
    });
  }
  if (!/passphrase/i.test(parsed.message)) throw unreadable(file, parsed);
  const publicKey = publicHalf(text) ?? (await readPublicKeyFile(`${file}.pub`));
  if (publicKey) return lockedIdentity(file, publicKey, async () => unlock(file, text, ask));
  return openIdentity(file, await unlock(file, text, ask));
}

/** The key blob of an `id_x.pub`. Undefined if the file is missing or holds no key. */
export async function readPublicKeyFile(file: string): Promise<Buffer | undefined> {
  const text = await readIfPresent(file);
  const parsed = text === undefined ? undefined : ssh2.utils.parseKey(text);
  return parsed === undefined || parsed instanceof Error ? undefined : parsed.getPublicSSH();
}

function openIdentity(name: string, key: ParsedKey): KeyIdentity {
  return { name, publicKey: key.getPublicSSH(), sign: async (data, hash) => signWith(key, data, hash) };
}

function lockedIdentity(file: string, publicKey: Buffer, open: () => Promise<ParsedKey>): KeyIdentity {
  return { name: file, publicKey, sign: async (data, hash) => signWith(await open(), data, hash) };
}

async function unlock(file: string, text: string, ask: SshAuth['askPassphrase']): Promise<ParsedKey> {
  const passphrase = await ask?.(file);
  if (passphrase === undefined) {
    throw sshError('passphrase_needed', `cannot use ${file} because it is encrypted and no passphrase was given`, {
      hint: `Add it to an agent: ssh-add ${file}`,
    });
  }
  const parsed = ssh2.utils.parseKey(text, passphrase);
  if (!(parsed instanceof Error)) return parsed;
  throw sshError('passphrase_needed', `cannot open ${file} because the passphrase is wrong`, {
    hint: `Try again, or add it to an agent: ssh-add ${file}`,
  });
}

function signWith(key: ParsedKey, data: Buffer, hash: string | undefined): Buffer {
  const signature: Buffer | Error = key.sign(data, hash);
  if (signature instanceof Error) throw signature;
  return signature;
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw unreadable(file, error);
  }
}

function unreadable(name: string, cause: unknown) {
  return sshError('key_unreadable', `cannot use the key in ${name}: ${errorText(cause)}`, {
    hint: 'OpenSSH and PEM keys of type ed25519, ecdsa and rsa can be used. Put other keys into an ssh-agent.',
    cause,
  });
}
