// Fetches a catalogue of site profiles: a Git repository, cloned without its history into the cache.

import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { CodedError, errorText, signalProcess } from '@fairlead/kit';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';

/** Long enough for a small repository over a slow line. */
const cloneTimeoutMs = 60_000;

export function isGitUrl(text: string): boolean {
  return /^(https?|ssh|git|file):\/\//.test(text) || /^[\w.-]+@[\w.-]+:/.test(text);
}

/**
 * Resolves with the folder of the clone, below `cacheDir`. If the repository cannot be reached, an earlier clone serves, and the user is
 * warned. Throws `usage` for a URL with a password, `site_unavailable` where there is no clone, and the signal's reason.
 */
export async function cloneCatalogue(
  url: string,
  cacheDir: string,
  { env, output, signal }: Pick<Context, 'env' | 'output' | 'signal'>,
): Promise<string> {
  refusePassword(url);
  signal.throwIfAborted();
  const folder = join(cacheDir, 'sites', createHash('sha256').update(url).digest('hex').slice(0, 16));
  const fresh = `${folder}.${randomUUID()}`;
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
  try {
    await runGit(['clone', '--quiet', '--depth', '1', '--no-tags', '--', url, fresh], { env, signal });
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
    return folder;
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    signal.throwIfAborted();
    if (!(await isFolder(folder))) throw unavailable(url, error);
    output.warn(`could not fetch ${url} (${errorText(error)}): using what was fetched before`);
    return folder;
  }
}

/** In a web URL a token stands where the user's name does. */
function refusePassword(url: string): void {
  if (!/^([a-z+]+:\/\/[^/@]*:[^/@]*@|https?:\/\/[^/@]+@)/i.test(url)) return;
  throw new CodedError<CliErrorCode>(
    'usage',
    'cannot use a URL that holds a password or a token: other users of this machine could read it',
    {
      hint: "Leave it out; Git's credential helper or an SSH URL logs in without it.",
    },
  );
}

function unavailable(url: string, cause: unknown): CodedError<CliErrorCode> {
  return new CodedError('site_unavailable', `cannot fetch the sites of ${url}: ${errorText(cause)}`, {
    hint: 'Try it with `git clone`. A folder with the profiles, or one file, serves as well: --site <path>.',
    cause,
  });
}

/** Git asks nothing, runs no helper of a `ext::` URL, and ends with the time limit or the signal, with the programs that it started. */
async function runGit(
  args: readonly string[],
  { env, signal }: { env: Context['env']; signal: AbortSignal },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn('git', [...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...env, GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'http:https:ssh:git:file', LC_ALL: 'C' },
    timeout: cloneTimeoutMs,
    // A group of its own, because git leaves the helper that downloads behind when it is ended.
    detached: true,
  });
  const endAll = () => child.pid !== undefined && signalProcess(-child.pid, 'SIGKILL');
  signal.addEventListener('abort', endAll, { once: true });
  let words = '';
  child.stderr.on('data', (chunk) => (words = (words + String(chunk)).slice(-2000)));
  child.on('error', reject);
  child.on('exit', (_code, killedBy) => killedBy && endAll());
  child.on('close', (code, killedBy) => {
    signal.removeEventListener('abort', endAll);
    if (code === 0) resolve();
    else if (killedBy) reject(new Error(`no answer for ${cloneTimeoutMs / 1000} s`));
    else reject(new Error(reasonIn(words) || `git ended with ${code}`));
  });
  await promise;
}

/** The end of what git said, without its advice to check rights and URL. */
function reasonIn(words: string): string {
  const lines = words
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(?:Please make sure|and the repo)/.test(line));
  return lines.slice(-2).join(' ').trim();
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
