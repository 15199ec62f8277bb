// A Node for another kind of machine than this one, fetched once: the npm package that holds it, by the user's own npm.

import { mkdir, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { CodedError, errorText } from '@fairlead/kit';
import spawn from 'cross-spawn';

import type { LaunchErrorCode } from '../launch-error.ts';
import { elfMachine } from './elf-machine.ts';

export type RuntimeArch = 'x64' | 'arm64';

export interface FetchDeps {
  cacheDir: string;
  signal: AbortSignal;
}

export interface FetchedRuntime {
  file: string;
  version: string;
}

/** Not every version is in every registry: the line that ours is tested on. */
const fallback = '24';
const machines: Record<RuntimeArch, string> = { x64: 'x86-64', arm64: 'aarch64' };

/**
 * npm fetches from where it is set up to and verifies the archive against the registry's checksum. `version` is preferred;
 * whatever was fetched before is taken first where it isn't among that.
 */
export async function fetchRuntime(arch: RuntimeArch, version: string, deps: FetchDeps): Promise<FetchedRuntime> {
  const folder = join(deps.cacheDir, 'runtimes');
  await mkdir(folder, { recursive: true });
  const cached = pickCached(await readdir(folder), arch, version);
  if (cached) return { file: join(folder, `node-${cached}-linux-${arch}`), version: cached };
  const workDir = await mkdtemp(join(folder, '.fetch-'));
  try {
    const fetched = await fetchArchive(arch, version, workDir, deps.signal);
    const file = join(folder, `node-${fetched}-linux-${arch}`);
    await rename(join(workDir, 'package', 'bin', 'node'), file);
    return { file, version: fetched };
  } catch (error) {
    deps.signal.throwIfAborted();
    throw new CodedError<LaunchErrorCode>(
      'node_missing',
      `cannot get Node ${version} for Linux ${arch}: ${errorText(error)}`,
      {
        hint: 'It is fetched with `npm pack`. Without a network, install Node on the host and name its path in the configuration (node:).',
        cause: error,
      },
    );
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** The version wanted, else the newest there. Pure. */
export function pickCached(names: readonly string[], arch: RuntimeArch, version: string): string | undefined {
  const there = names
    .flatMap((name) => {
      const [, found = '', machine] = /^node-(\d+\.\d+\.\d+)-linux-(\w+)$/.exec(name) ?? [];
      return machine === arch ? [found] : [];
    })
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
  return there.includes(version) ? version : there.at(-1);
}

/** Leaves `package/bin/node` in the folder. Resolves with its version. */
async function fetchArchive(arch: RuntimeArch, version: string, workDir: string, signal: AbortSignal): Promise<string> {
  const pack = (wanted: string) =>
    runTool(
      'npm',
      ['pack', `node-linux-${arch}@${wanted}`, '--loglevel', 'error', '--pack-destination', workDir],
      workDir,
      signal,
    );
  try {
    await pack(version);
  } catch (error) {
    if (!/\b(ETARGET|E404)\b/.test(errorText(error))) throw error;
    await pack(fallback);
  }
  const [archive = ''] = (await readdir(workDir)).filter((name) => name.endsWith('.tgz'));
  await runTool('tar', ['-xzf', archive, 'package/bin/node', 'package/package.json'], workDir, signal);
  await refuseOtherMachine(join(workDir, 'package', 'bin', 'node'), arch);
  const facts = JSON.parse(await readFile(join(workDir, 'package', 'package.json'), 'utf8')) as { version?: unknown };
  return String(facts.version);
}

async function refuseOtherMachine(file: string, arch: RuntimeArch): Promise<void> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(20) });
  const machine = elfMachine(buffer.subarray(0, bytesRead));
  if (machine !== machines[arch]) throw new Error(`the archive holds a program for ${machine ?? 'no Linux'}`);
}

async function runTool(command: string, args: string[], cwd: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], signal });
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr = (stderr + String(chunk)).slice(-2000)));
  child.on('error', reject);
  child.on('close', (code) =>
    code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}: ${stderr.trim()}`)),
  );
  await promise;
}
