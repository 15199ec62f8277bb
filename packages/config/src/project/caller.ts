// The user who runs this program, as far as the ownership of files is concerned.

import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';

import { errnoOf } from '@fairlead/kit';

import type { Caller } from './judge-place.ts';

/** Undefined on Windows, where files have no such owner. */
export async function readCaller(env: Record<string, string | undefined>): Promise<Caller | undefined> {
  const uid = process.geteuid?.();
  if (uid === undefined) return undefined;
  const sudo = env['SUDO_UID'];
  return {
    uid,
    privateGid: await privateGroup(uid),
    sudoUid: sudo !== undefined && /^\d+$/.test(sudo) ? Number(sudo) : undefined,
  };
}

/** The primary group, where the files of the system say that it is named after the user and has no other member. */
async function privateGroup(uid: number): Promise<number | undefined> {
  const me = userIfKnown();
  if (me?.uid !== uid) return undefined;
  const [groups, users] = await Promise.all([readIfThere('/etc/group'), readIfThere('/etc/passwd')]);
  return isPrivateGroup(me, groups, users) ? me.gid : undefined;
}

/** Pure. Groups of a directory service are in no file: they are not private. */
export function isPrivateGroup(me: { username: string; gid: number }, groups: string, users: string): boolean {
  const named = groups.split('\n').map((line) => line.split(':'));
  const own = named.find(([, , gid]) => gid === String(me.gid));
  if (own?.[0] !== me.username) return false;
  const members = (own[3] ?? '').split(',').filter((name) => name !== '' && name !== me.username);
  const sharers = users
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([name, , , gid]) => gid === String(me.gid) && name !== me.username);
  return members.length === 0 && sharers.length === 0;
}

/** A uid of a container may have no name. */
function userIfKnown(): { username: string; uid: number; gid: number } | undefined {
  try {
    return userInfo();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || (error as { code?: string }).code === 'ERR_SYSTEM_ERROR') return undefined;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EACCES') return '';
    throw error;
  }
}
