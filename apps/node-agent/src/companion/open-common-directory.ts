// The node-local directory of a companion: 0700, and with the same path on every node of the job, because its programs tell each other
// where their files are.

import { lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, errorText, type Log } from '@fairlead/kit';
import { agentError } from '../agent-error.ts';
import { markDirectory, removeDeadDirectories } from '../job/dead-directories.ts';
import { refuseReplaceable } from '../job/open-node-directory.ts';

export interface CommonDirectory extends AsyncDisposable {
  readonly path: string;
}

export interface CommonDirectoryOptions {
  /** The directory for temporary files that the job's owner has set for every node. */
  scratchDir: string | undefined;
  name: string;
  maxBytes: number;
  log: Log;
}

/** Takes `scratchDir` where the path is short enough, else `/tmp`. The caller disposes it, which removes it. */
export async function openCommonDirectory({
  scratchDir,
  name,
  maxBytes,
  log,
}: CommonDirectoryOptions): Promise<CommonDirectory> {
  const fits = (base: string) => Buffer.byteLength(join(base, name)) <= maxBytes;
  const base = scratchDir !== undefined && fits(scratchDir) ? scratchDir : '/tmp';
  const path = join(base, name);
  try {
    await refuseReplaceable(base);
    await removeDeadDirectories(base, log);
    await makeOwn(path);
    await markDirectory(path, log);
  } catch (error) {
    throw agentError('scratch_unusable', `cannot make a directory on this node: ${errorText(error)}`, {
      hint: 'Set paths.scratch of this cluster to a short path on a local disk that every node has.',
      cause: error,
    });
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      try {
        await rm(path, { recursive: true, force: true, maxRetries: 3 });
      } catch (error) {
        log.warn({ op: 'companion.close', ok: false, path, error: errorText(error) }, 'cannot remove the directory');
      }
    },
  };
}

/** One that an agent of this job has left, after a SIGKILL, is taken as it is. Only agents of this start of the job know its name. */
async function makeOwn(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  const found = await lstat(path);
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o777) === 0o700) return;
  throw new Error(`${path} is not a directory of this user with mode 0700`);
}
