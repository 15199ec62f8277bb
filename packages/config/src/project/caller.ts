// The user who runs this program, for decisions about the ownership of files.

import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';

import { errnoOf } from '@fairlead/kit';

import type { Caller } from './judge-place.ts';

/** Resolves with undefined on Windows, where files have no user id. */
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

/** The user's primary group, if by /etc/group and /etc/passwd it has the user's name and no other member. */
async function privateGroup(uid: number): Promise<number | undefined> {
  const me = userIfKnown();
  if (me?.uid !== uid) return undefined;
  const [groups, users] = await Promise.all([readIfThere('/etc/group'), readIfThere('/etc/passwd')]);
  return isPrivateGroup(me, groups, users) ? me.gid : undefined;
}

/** Whether the user's primary group is private. A group of a directory service is not in the file, so it is not. Pure. */
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

/** Undefined for a uid without a name, as in some containers. */
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
