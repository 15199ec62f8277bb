// The files a private SSH server needs: a fresh host key, and an authorized_keys file.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '@fairlead/kit';
import ssh2 from 'ssh2';
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
  const pair = ssh2.utils.generateKeyPairSync('ed25519');
  const hostKeyPath = join(dir, 'host_key');
  await writeFile(hostKeyPath, pair.private, { mode: 0o600 });
  const madeKeysFile = await createFile(authorizedKeysPath, authorizedKeys.map((line) => `${line}\n`).join(''));
  return {
    hostKeyPath,
    hostKeyLine: pair.public.trim(),
    hostPrivateKey: pair.private,
    authorizedKeysPath,
    async [Symbol.asyncDispose]() {
      await rm(hostKeyPath, { force: true });
      if (madeKeysFile) await rm(authorizedKeysPath, { force: true });
    },
  };
}

/** False when the file was there already. */
async function createFile(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}
