// Creates the files of a private SSH server: a fresh host key, and an authorized_keys file if there is none.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '@fairlead/kit';
import { createEd25519KeyPair } from '../ed25519-key.ts';
import type { LocalSshServerOptions } from './local-ssh-server.ts';

export interface ServerFiles extends AsyncDisposable {
  hostKeyPath: string;
  hostKeyLine: string;
  hostPrivateKey: string;
  authorizedKeysPath: string;
}

export async function openServerFiles(options: LocalSshServerOptions): Promise<ServerFiles> {
  const { dir, authorizedKeys = [], authorizedKeysPath = join(dir, 'authorized_keys') } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const pair = createEd25519KeyPair();
  const hostKeyPath = join(dir, 'host_key');
  await writeFile(hostKeyPath, pair.privateKey, { mode: 0o600 });
  const madeKeysFile = await createFile(authorizedKeysPath, authorizedKeys.map((line) => `${line}\n`).join(''));
  return {
    hostKeyPath,
    hostKeyLine: pair.publicKey,
    hostPrivateKey: pair.privateKey,
    authorizedKeysPath,
    async [Symbol.asyncDispose]() {
      await rm(hostKeyPath, { force: true });
      if (madeKeysFile) await rm(authorizedKeysPath, { force: true });
    },
  };
}

/** Resolves with false if the file exists already. */
async function createFile(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}
