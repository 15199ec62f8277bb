// Which Node runs our programs on a host: a configured one, one found there, or a binary of ours to be uploaded.

import { spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { CodedError } from '@fairlead/kit';

import type { CliErrorCode } from '../cli-error.ts';
import type { HostFacts } from '../host/host.ts';

/** Node's official Linux builds need this glibc (https://github.com/nodejs/node/blob/main/BUILDING.md). */
const GLIBC_MINIMUM = 28;

export type Runtime =
  | { kind: 'there'; path: string }
  | { kind: 'upload'; file: string; version: string; arch: 'x64' | 'arm64' };

export async function findRuntime(
  facts: HostFacts,
  configured: string | undefined,
  deps: { nodePath: string; cacheDir: string; label: string },
): Promise<Runtime> {
  if (configured) return { kind: 'there', path: configured };
  if (facts.node) return { kind: 'there', path: facts.node };
  const arch = uploadableArch(facts, deps.label);
  const version = process.versions.node;
  if (process.platform === 'linux' && process.arch === arch)
    return { kind: 'upload', file: deps.nodePath, version, arch };
  return { kind: 'upload', file: await fetchRuntime(arch, version, deps.cacheDir), version, arch };
}

function uploadableArch(facts: HostFacts, label: string): 'x64' | 'arm64' {
  const arch = ({ x86_64: 'x64', aarch64: 'arm64', arm64: 'arm64' } as const)[facts.machine as 'x86_64'];
  const minor = Number(facts.glibc?.split('.')[1]);
  if (facts.system === 'Linux' && arch && facts.glibc?.startsWith('2.') && minor >= GLIBC_MINIMUM) return arch;
  throw new CodedError<CliErrorCode>(
    'node_missing',
    `cannot run on ${label} because it has no Node >= 22.18 and none of ours fits it: found ${facts.system} ${facts.machine}, glibc ${facts.glibc ?? 'none'}; ours need Linux x86_64 or aarch64 and glibc 2.${GLIBC_MINIMUM}`,
    {
      hint: 'Install a Node there (a module, conda, nvm) and name its path in the configuration: clusters.<name>.node or bastion.node.',
    },
  );
}

/** Node for Linux comes as npm packages; the user's own npm fetches and verifies them from where it is set up to. */
async function fetchRuntime(arch: 'x64' | 'arm64', version: string, cacheDir: string): Promise<string> {
  const file = join(cacheDir, 'runtimes', `node-${version}-linux-${arch}`);
  try {
    await access(file);
    return file;
  } catch {
    await mkdir(join(cacheDir, 'runtimes'), { recursive: true });
  }
  const workDir = await mkdtemp(join(cacheDir, 'runtimes', '.fetch-'));
  try {
    await runTool('npm', ['pack', `node-linux-${arch}@${version}`, '--silent', '--pack-destination', workDir], workDir);
    const [archive] = await readdir(workDir);
    await runTool('tar', ['-xzf', archive ?? '', 'package/bin/node'], workDir);
    await rename(join(workDir, 'package', 'bin', 'node'), file);
    return file;
  } catch (error) {
    throw new CodedError<CliErrorCode>(
      'node_missing',
      `cannot get Node ${version} for Linux ${arch}: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: 'It is fetched with `npm pack`. Without a network, install Node on the host and name its path in the configuration (node:).',
        cause: error,
      },
    );
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function runTool(command: string, args: string[], cwd: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], shell: process.platform === 'win32' });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr = (stderr + String(chunk)).slice(-500)));
  child.on('error', reject);
  child.on('close', (code) =>
    code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}: ${stderr.trim()}`)),
  );
  await promise;
}
