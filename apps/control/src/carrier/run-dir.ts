// The directory of the sockets, on local disk: 0700, ours. Moves and removes nothing but sockets with names of ours.
// What a cleaner of /tmp takes of it is made again.

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
  /** Of the directory that is watched: one that is made again has another. */
  #watchedInode = 0;

  /** Makes it where there is none; throws `run_dir_unsafe` where it is not ours alone. */
  constructor(path: string) {
    this.path = resolve(path);
    this.restore();
  }

  /**
   * Makes the directory and its parts again where they are gone, and says what it made. Throws `run_dir_unsafe` where
   * something else has taken the name.
   */
  restore(): string[] {
    const made = [this.path, join(this.path, parked)].filter(makeOurs);
    if (this.#watch && lstatSync(this.path).ino !== this.#watchedInode) this.#startWatching(this.#watch);
    return made;
  }

  /** Sets the times of all that is in it, for cleaners of /tmp take what is old. */
  refresh(): void {
    const now = new Date();
    const parts = [this.path, join(this.path, parked)];
    const entries = parts.flatMap((part) => readdirSync(part).map((name) => join(part, name)));
    for (const path of [...parts, ...entries]) unlessGone(() => lutimesSync(path, now, now));
  }

  /** Names of the sockets put aside. */
  async listParked(): Promise<string[]> {
    return (await readdir(join(this.path, parked))).filter((name) => parseSocketName(name) !== undefined);
  }

  park(name: string): void {
    if (parseSocketName(name) === undefined || !this.hasSocket(name)) return;
    makeOurs(join(this.path, parked));
    unlessGone(() => renameSync(this.file(name), this.#parked(name)));
  }

  /** Whether the socket is in its place now, where it may have been put aside. */
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

  /** False where there was no such socket, or something else of that name. */
  unlinkSocket(name: string): boolean {
    return parseSocketName(name) !== undefined && unlinkIfSocket(this.file(name));
  }

  /** Calls with each name that came or went, until aborted. What it misses, `list` finds. */
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

/** Frees the path for us: throws `socket_in_use` where somebody answers there or it is no socket. */
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

/** Whether a program listens there. */
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

/** Whether it had to be made. Throws `run_dir_unsafe` where the name stands for something else. */
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

/** Undefined where there is nothing. A listening socket keeps its inode: no other file can have the same. */
export function inodeOf(path: string): number | undefined {
  return statOf(path)?.ino;
}

function isSocket(path: string): boolean {
  return statOf(path)?.isSocket() ?? false;
}

function unlinkIfSocket(path: string): boolean {
  return isSocket(path) && unlessGone(() => unlinkSync(path));
}

/** Whether it could be done: false where the file went in between. */
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
