// The directory of the sockets: on local disk, mode 0700, owned by this account. Moves and removes only sockets that are named as
// ours are. Restores what a cleaner of /tmp has removed.

import {
  chmodSync,
  type FSWatcher,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  renameSync,
  type Stats,
  unlinkSync,
  watch,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';

import { CodedError, errnoOf } from '@fairlead/kit';
import { parseSocketName } from '@fairlead/protocol';

import type { ControlErrorCode } from '../control-error.ts';

export const controlSocket = 'control.sock';
export const controlPidFile = 'control.pid';
/** A directory beside the sockets; a renamed socket keeps its listener. */
const parked = 'parked';

interface Watch {
  onName: (name: string) => void;
  signal: AbortSignal;
  onError: (error: unknown) => void;
}

export class RunDir {
  readonly path: string;
  #watch: Watch | undefined;
  #watcher: FSWatcher | undefined;
  /** The inode of the directory that is watched. A directory that was made again has another inode. */
  #watchedInode = 0;

  /** Makes the directory if it does not exist. Throws `run_dir_unsafe` if another user owns it or can enter it. */
  constructor(path: string) {
    this.path = resolve(path);
    this.restore();
  }

  /**
   * Restores missing directories and returns which ones it made. Throws `run_dir_unsafe` if something that is not our
   * directory has the name.
   */
  restore(): string[] {
    const made = [this.path, join(this.path, parked)].filter(makeOurs);
    if (this.#watch && lstatSync(this.path).ino !== this.#watchedInode) this.#startWatching(this.#watch);
    return made;
  }

  /** Sets the times of every file in it to now: cleaners of /tmp remove old files. */
  refresh(): void {
    const now = new Date();
    const parts = [this.path, join(this.path, parked)];
    const entries = parts.flatMap((part) => readdirSync(part).map((name) => join(part, name)));
    for (const path of [...parts, ...entries]) unlessGone(() => lutimesSync(path, now, now));
  }

  /** Names of the parked sockets. */
  async listParked(): Promise<string[]> {
    return (await readdir(join(this.path, parked))).filter((name) => parseSocketName(name) !== undefined);
  }

  park(name: string): void {
    if (parseSocketName(name) === undefined || !this.hasSocket(name)) return;
    makeOurs(join(this.path, parked));
    unlessGone(() => renameSync(this.file(name), this.#parked(name)));
  }

  /** Moves the socket back if it was parked. Returns whether it is in its place now. */
  reclaim(name: string): boolean {
    if (this.hasSocket(name)) return true;
    if (parseSocketName(name) === undefined || !isSocket(this.#parked(name))) return false;
    return unlessGone(() => renameSync(this.#parked(name), this.file(name)));
  }

  unlinkParked(name: string): boolean {
    return parseSocketName(name) !== undefined && unlinkIfSocket(this.#parked(name));
  }

  #parked(name: string): string {
    return join(this.path, parked, name);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Names of instances' sockets. */
  async list(): Promise<string[]> {
    return (await readdir(this.path)).filter((name) => parseSocketName(name) !== undefined);
  }

  hasSocket(name: string): boolean {
    return isSocket(this.file(name));
  }

  /** Returns false if no socket has that name. */
  unlinkSocket(name: string): boolean {
    return parseSocketName(name) !== undefined && unlinkIfSocket(this.file(name));
  }

  /** Calls `onName` with each name that appears or disappears, until the signal aborts. It can miss names: `list` finds them. */
  watch(onName: (name: string) => void, options: { signal: AbortSignal; onError: (error: unknown) => void }): void {
    this.#watch = { onName, ...options };
    this.#startWatching(this.#watch);
  }

  #startWatching({ onName, signal, onError }: Watch): void {
    this.#watcher?.close();
    this.#watchedInode = lstatSync(this.path).ino;
    this.#watcher = watch(this.path, { signal, persistent: false }, (_event, name) => {
      if (name !== null && parseSocketName(name) !== undefined) onName(name);
    });
    this.#watcher.on('error', onError);
  }
}

/** Removes a socket at which no program listens. Throws `socket_in_use` if a program listens there, or if the path is not a socket. */
export async function clearStaleSocket(path: string): Promise<void> {
  const stats = statOf(path);
  if (!stats) return;
  if (stats.isSocket() && !(await answers(path))) {
    unlinkSync(path);
    return;
  }
  throw new CodedError<ControlErrorCode>(
    'socket_in_use',
    `cannot listen on ${path} because ${stats.isSocket() ? 'another program answers there' : 'it is not a socket'}`,
    { hint: 'Stop the other control, or give another --run directory.' },
  );
}

export function restrictSocket(path: string): void {
  chmodSync(path, 0o600);
}

/** Whether a program listens at the path. */
export function answers(path: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.on('connect', () => {
    socket.destroy();
    resolve(true);
  });
  socket.on('error', (error) => {
    const code = errnoOf(error);
    if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false);
    else reject(error);
  });
  return promise;
}

/** Returns whether it made the directory. Throws `run_dir_unsafe` if the path is not a directory of this account alone. */
function makeOurs(path: string): boolean {
  const made = mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined;
  const fault = unsafe(lstatSync(path));
  if (!fault) return made;
  throw new CodedError<ControlErrorCode>('run_dir_unsafe', `cannot use ${path} because it ${fault}`, {
    hint: 'Give another directory on local disk that belongs to this account alone (chmod 700).',
  });
}

function unsafe(stats: Stats): string | undefined {
  if (!stats.isDirectory()) return 'is not a directory';
  if (stats.uid !== process.getuid?.()) return `belongs to another account (uid ${stats.uid})`;
  if ((stats.mode & 0o077) !== 0) return `is open to others (mode ${(stats.mode & 0o777).toString(8)})`;
  return undefined;
}

/** Undefined if no file exists. While a socket listens, its inode is in use: no other file has the same one. */
export function inodeOf(path: string): number | undefined {
  return statOf(path)?.ino;
}

function isSocket(path: string): boolean {
  return statOf(path)?.isSocket() ?? false;
}

function unlinkIfSocket(path: string): boolean {
  return isSocket(path) && unlessGone(() => unlinkSync(path));
}

/** Returns false if the file has disappeared meanwhile. */
function unlessGone(change: () => void): boolean {
  try {
    change();
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
