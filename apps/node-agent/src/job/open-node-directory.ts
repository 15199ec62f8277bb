// The node-local directory of one agent: 0700, short enough for a socket path, gone when the agent ends.

import { chmod, lstat, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText } from '@fairlead/kit';
import { agentError } from '../agent-error.ts';

export interface NodeDirectory extends AsyncDisposable {
  readonly path: string;
  readonly socketPath: string;
}

/** sun_path holds 107 bytes on Linux and 103 on macOS; vLLM adds 37 to the directory for its own sockets. */
const SOCKET_PATH_LIMIT_BYTES = 100;
const DIRECTORY_LIMIT_BYTES = 66;

/** Takes the first of `candidates` that works. */
export async function openNodeDirectory(candidates: readonly string[]): Promise<NodeDirectory> {
  const failures: string[] = [];
  for (const base of candidates) {
    try {
      return await openUnder(base);
    } catch (error) {
      failures.push(`${base}: ${errorText(error)}`);
    }
  }
  throw agentError('scratch_unusable', `cannot make a node-local directory: ${failures.join('; ')}`, {
    hint: 'Set paths.scratch of this cluster to a short path on a local disk of the node where you may write.',
  });
}

async function openUnder(base: string): Promise<NodeDirectory> {
  const path = await mkdtemp(join(base, 'fl-'));
  const socketPath = join(path, 'e.sock');
  try {
    await chmod(path, 0o700);
    const found = await lstat(path);
    if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o777) !== 0o700) {
      throw new Error('it is not a directory of this user with mode 0700 (does the file system keep modes?)');
    }
    if (Buffer.byteLength(path) > DIRECTORY_LIMIT_BYTES || Buffer.byteLength(socketPath) > SOCKET_PATH_LIMIT_BYTES) {
      throw new Error(
        `its path is too long for sockets: ${Buffer.byteLength(path)} bytes, ${DIRECTORY_LIMIT_BYTES} at most`,
      );
    }
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    throw error;
  }
  return {
    path,
    socketPath,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
