// The two files by which clients and the gate find control: its socket in the run directory, and control.pid.

import { readFileSync, renameSync, rmSync } from 'node:fs';

import { errnoOf } from '@fairlead/kit';

import { replaceFile } from '../state/state-dir.ts';
import { clearStaleSocket, controlSocket, inodeOf, controlPidFile, restrictSocket, type RunDir } from './run-dir.ts';

/** The socket is renamed to its final name once it listens with mode 0600. */
const freshSocket = 'control.new';

export interface ControlSocketDeps {
  runDir: RunDir;
  /** Listens at the path and stops listening where it listened before. */
  listen: (path: string) => Promise<void>;
  pid: number;
}

export class ControlSocket {
  readonly path: string;
  readonly #deps: ControlSocketDeps;
  readonly #pidText: string;
  #inode: number | undefined;

  constructor(deps: ControlSocketDeps) {
    this.#deps = deps;
    this.path = deps.runDir.file(controlSocket);
    this.#pidText = `${deps.pid}\n`;
  }

  /**
   * Makes the socket and the file again where they are gone or not ours; resolves with what it made. Throws
   * `socket_in_use` where another program listens there.
   */
  async restore(): Promise<string[]> {
    const made: string[] = [];
    if (this.#inode === undefined || inodeOf(this.path) !== this.#inode) {
      await this.#listen();
      made.push(this.path);
    }
    const pidFile = this.#deps.runDir.file(controlPidFile);
    if (readText(pidFile) !== this.#pidText) {
      replaceFile(pidFile, this.#pidText);
      made.push(pidFile);
    }
    return made;
  }

  /** Removes both files if they belong to this control. */
  remove(): void {
    const pidFile = this.#deps.runDir.file(controlPidFile);
    if (readText(pidFile) === this.#pidText) rmSync(pidFile, { force: true });
    if (this.#inode !== undefined && inodeOf(this.path) === this.#inode) rmSync(this.path, { force: true });
  }

  async #listen(): Promise<void> {
    const { runDir, listen } = this.#deps;
    const fresh = runDir.file(freshSocket);
    await clearStaleSocket(this.path);
    await clearStaleSocket(fresh);
    await listen(fresh);
    restrictSocket(fresh);
    this.#inode = inodeOf(fresh);
    renameSync(fresh, this.path);
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
