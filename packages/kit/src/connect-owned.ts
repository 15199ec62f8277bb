// Reaches a unix socket of an account that is known: no other account can put a socket or a link of its own in its place.

import { once } from 'node:events';
import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { connect, type Socket } from 'node:net';

import { errnoOf, errorText } from './coded-error.ts';

/** `O_PATH` of open(2): a handle on the file itself, which needs no right to read it. Node does not name it. */
const pathOnly = 0o10_000_000;

/** Why the path is not a socket of the account that this process may find; undefined where it is. */
export function checkOwned(path: string, uid: number): string | undefined {
  try {
    return faultOf(lstatSync(path), uid);
  } catch (error) {
    return wordsOf(error);
  }
}

/**
 * Resolves when connected; the caller closes it. Rejects where the path is not a socket of the account, where none listens, and
 * with the signal's reason. On Linux what is checked is what is connected to, even where the file is replaced in between.
 */
export async function connectOwned(path: string, uid: number, { signal }: { signal: AbortSignal }): Promise<Socket> {
  signal.throwIfAborted();
  const held = hold(path, uid);
  try {
    const socket = connect({ path: held.path, allowHalfOpen: true });
    try {
      await once(socket, 'connect', { signal });
      return socket;
    } catch (error) {
      socket.on('error', () => undefined).destroy();
      signal.throwIfAborted();
      throw new Error(`cannot connect to ${path} because ${wordsOf(error)}`, { cause: error });
    }
  } finally {
    held.release();
  }
}

function hold(path: string, uid: number): { path: string; release: () => void } {
  const refuse = (why: string, cause?: unknown) => new Error(`cannot connect to ${path} because ${why}`, { cause });
  if (!existsSync('/proc/self/fd')) {
    const why = checkOwned(path, uid);
    if (why !== undefined) throw refuse(why);
    return { path, release: () => undefined };
  }
  let handle: number;
  try {
    handle = openSync(path, pathOnly | constants.O_NOFOLLOW);
  } catch (error) {
    throw refuse(wordsOf(error), error);
  }
  const why = faultOf(fstatSync(handle), uid);
  if (why === undefined) return { path: `/proc/self/fd/${handle}`, release: () => closeSync(handle) };
  closeSync(handle);
  throw refuse(why);
}

function faultOf(stats: Stats, uid: number): string | undefined {
  if (stats.isSymbolicLink()) return 'it is a symbolic link';
  if (!stats.isSocket()) return 'it is not a socket';
  if (stats.uid !== uid) return `it belongs to another account (uid ${stats.uid}, not ${uid})`;
  return undefined;
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'no file is there',
  EACCES: 'this account may not reach it',
  ECONNREFUSED: 'no program listens there',
};

function wordsOf(error: unknown): string {
  return words[errnoOf(error) ?? ''] ?? errorText(error);
}
