// The node-local directory of one agent: 0700, short enough for a socket path, gone when the agent ends.

import { chmod, lstat, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Clock, errorText, type Log, retryPassing, silentLog, systemClock } from '@fairlead/kit';
import { agentError } from '../agent-error.ts';
import { directoryPrefix, markDirectory, removeDeadDirectories } from './dead-directories.ts';

export interface NodeDirectory extends AsyncDisposable {
  readonly path: string;
  readonly socketPath: string;
}

/** sun_path holds 107 bytes on Linux and 103 on macOS; engines add to the directory for sockets of their own (vLLM: 37). */
const maxSocketPathBytes = 100;
const maxDirectoryBytes = 66;

const sticky = 0o1000;
const writableByOthers = 0o022;
const retryTimeoutMs = 5_000;

export interface NodeDirectoryOptions {
  clock?: Clock;
  log?: Log;
}

/** Takes the first of `candidates` that works; logs why those before it do not. */
export async function openNodeDirectory(
  candidates: readonly string[],
  { clock = systemClock, log = silentLog }: NodeDirectoryOptions = {},
): Promise<NodeDirectory> {
  const failures: string[] = [];
  for (const base of candidates) {
    try {
      return await retryPassing(() => openUnder(base, log), { clock, random: () => 0.5, limitMs: retryTimeoutMs });
    } catch (error) {
      failures.push(`${base}: ${errorText(error)}`);
      log.warn({ op: 'scratch.open', ok: false, base, error: errorText(error) }, 'cannot use this scratch directory');
    }
  }
  throw agentError('scratch_unusable', `cannot make a node-local directory: ${failures.join('; ')}`, {
    hint: 'Set paths.scratch of this cluster to a short path on a local disk of the node where you may write. A directory that others may write as well needs the sticky bit (chmod +t), or belongs to you alone (chmod go-w).',
  });
}

async function openUnder(base: string, log: Log): Promise<NodeDirectory> {
  // Also along the name as it was given, where a link in it may be replaced.
  for (const path of new Set([await realpath(base), resolve(base)])) await refuseReplaceable(path);
  await removeDeadDirectories(base, log);
  const path = await mkdtemp(join(base, directoryPrefix));
  const socketPath = join(path, 'e.sock');
  try {
    await chmod(path, 0o700);
    const found = await lstat(path);
    if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o777) !== 0o700) {
      throw new Error('it is not a directory of this user with mode 0700 (does the file system keep modes?)');
    }
    if (Buffer.byteLength(path) > maxDirectoryBytes || Buffer.byteLength(socketPath) > maxSocketPathBytes) {
      throw new Error(
        `its path is too long for sockets: ${Buffer.byteLength(path)} bytes, ${maxDirectoryBytes} at most`,
      );
    }
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    throw error;
  }
  await markDirectory(path, log);
  return {
    path,
    socketPath,
    async [Symbol.asyncDispose]() {
      try {
        await rm(path, { recursive: true, force: true, maxRetries: 3 });
      } catch (error) {
        // How the agent ended does not depend on what is left here.
        log.warn({ op: 'scratch.close', ok: false, path, error: errorText(error) }, 'cannot remove the node directory');
      }
    },
  };
}

/**
 * A user who may write a directory without the sticky bit can replace what is in it by a directory and a socket of their
 * own: the front would then send them prompts and the engine's key. The same holds for each directory above.
 */
export async function refuseReplaceable(base: string): Promise<void> {
  for (let path = base; ; path = dirname(path)) {
    const { mode } = await stat(path);
    if ((mode & writableByOthers) !== 0 && (mode & sticky) === 0) {
      const found = (mode & 0o7777).toString(8).padStart(4, '0');
      throw new Error(`others may replace what is in ${path}: its mode is ${found}, without the sticky bit`);
    }
    if (path === dirname(path)) return;
  }
}
