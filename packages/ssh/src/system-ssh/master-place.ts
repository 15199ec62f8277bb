// The private directory of one ssh master while it logs in: its socket, its log, the pinned host keys, a private key.

import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { errnoOf } from '@fairlead/kit';

import type { SshTarget } from '../ssh-target.ts';
import { authorityFor } from './beyond-ssh2.ts';
import { type MasterPlace, pinnedName } from './ssh-arguments.ts';
import type { SystemLogin } from './system-login.ts';

/** sun_path holds at least 104 bytes; ssh appends 17 while it makes the socket. */
const maxPathBytes = 86;
const prefix = 'fl-ssh-';
/** Older than any running login. */
const oldMs = 3_600_000;

/** Makes a directory with mode 0700. The caller removes it. */
export async function makeMasterPlace({ hostKeys, auth }: SshTarget, login: SystemLogin): Promise<MasterPlace> {
  const isShort = Buffer.byteLength(join(tmpdir(), `${prefix}XXXXXX/c`)) <= maxPathBytes;
  const parent = isShort ? tmpdir() : '/tmp';
  await sweep(parent);
  const dir = await mkdtemp(join(parent, prefix));
  const at = (name: string) => join(dir, name);
  const paths = { dir, controlPath: at('c'), logPath: at('log'), pinsPath: at('pins'), keyPath: at('key') };
  const { settings } = login;
  const isCertified =
    settings.showsHostKeys && hostKeys.kind === 'known-hosts' && (await authorityFor(settings)) !== undefined;
  const place: MasterPlace = { ...paths, ...(isCertified && { shownPath: at('shown') }) };
  if (hostKeys.kind === 'pinned') {
    const lines = hostKeys.keys.map((key) => `${pinnedName(login)} ${key.trim()}\n`);
    await writeFile(place.pinsPath, lines.join(''), { mode: 0o600 });
  }
  if (auth.privateKey) await writeFile(place.keyPath, auth.privateKey.reveal(), { mode: 0o600 });
  return place;
}

/** The host's certificate as ssh has shown it; empty if it has shown none. */
export async function readShown({ shownPath }: MasterPlace): Promise<string> {
  if (shownPath === undefined) return '';
  try {
    return await readFile(shownPath, 'utf8');
  } catch (error) {
    // The master has shown no host key.
    if (errnoOf(error) !== 'ENOENT') throw error;
    return '';
  }
}

/** Removes the directories of processes that were killed during a login. */
async function sweep(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const path = join(parent, name);
    try {
      const { uid, mtimeMs } = await lstat(path);
      if (uid === process.getuid?.() && Date.now() - mtimeMs > oldMs) await rm(path, { recursive: true, force: true });
    } catch (error) {
      // Its owner removes it right now.
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
}
