// Puts what a job needs on the cluster: agent, simulator, Node. Each once per version; nothing is sent that is there.

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path/posix';

import { CodedError } from '@fairlead/kit';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { Host } from '../host/host.ts';
import { findBundle } from './bundles.ts';
import { findRuntime } from './find-runtime.ts';

export interface ShipOptions {
  cacheDir: string;
  nodePath: string;
  /** `node:` of the configuration. */
  configuredNode: string | undefined;
  onProgress: (what: string, sentBytes: number, totalBytes: number) => void;
  signal: AbortSignal;
}

export interface Shipped {
  nodePath: string;
  agentPath: string;
  uploaded: string[];
}

/** `runtimeDir` is absolute on the host. Throws `remote_unfit` when the uploaded Node does not run there. */
export async function shipAgent(host: Host, runtimeDir: string, options: ShipOptions): Promise<Shipped> {
  const [agent, sim] = await Promise.all([
    findBundle('agent', options.cacheDir),
    findBundle('engine-sim', options.cacheDir),
  ]);
  const folder = join(
    runtimeDir,
    `agent-${createHash('sha256')
      .update(agent.version + sim.version)
      .digest('hex')
      .slice(0, 16)}`,
  );
  const uploaded: string[] = [];
  for (const [bundle, name] of [
    [sim, 'engine-sim.mjs'],
    [agent, 'agent.mjs'],
  ] as const) {
    if (await shipFile(host, bundle.path, join(folder, name), 0o600, options)) uploaded.push(name);
  }
  const { path, sent } = await shipRuntime(host, runtimeDir, options);
  if (sent) uploaded.push('node');
  return { nodePath: path, agentPath: join(folder, 'agent.mjs'), uploaded };
}

/** A Node that runs on the host: its own, or ours, uploaded once. */
export async function shipRuntime(
  host: Host,
  runtimeDir: string,
  options: ShipOptions,
): Promise<{ path: string; sent: boolean }> {
  const runtime = await findRuntime(host.facts, options.configuredNode, { ...options, label: host.label });
  if (runtime.kind === 'there') return { path: runtime.path, sent: false };
  const path = join(runtimeDir, `node-${runtime.version}-linux-${runtime.arch}`);
  const sent = await shipFile(host, runtime.file, path, 0o700, options);
  if (sent) await proveRuntime(host, path);
  return { path, sent };
}

/** Its name holds its version and it appears by rename alone: a file of that name and size is that file. */
export async function shipFile(
  host: Host,
  file: string,
  remotePath: string,
  mode: number,
  options: Pick<ShipOptions, 'onProgress' | 'signal'>,
): Promise<boolean> {
  const { size } = await stat(file);
  const there = await host.runner.run(['sh', '-c', 'wc -c < "$1" 2>/dev/null', 'sh', remotePath]);
  if (Number(there.stdout.trim() || 'NaN') === size) return false;
  const name = remotePath.split('/').at(-1) ?? remotePath;
  await host.upload({ path: file }, remotePath, {
    mode,
    signal: options.signal,
    onProgress: (sent, total) => options.onProgress(name, sent, total),
  });
  return true;
}

async function proveRuntime(host: Host, path: string): Promise<void> {
  const tried = await host.runner.run([path, '--version']);
  if (tried.code === 0) return;
  // A file that is there counts as verified the next time.
  await host.runner.run(['rm', '-f', path]);
  throw new CodedError<LaunchErrorCode>(
    'remote_unfit',
    `cannot run ${path} on ${host.label}: ${tried.stderr.trim() || `exit ${tried.code}`}`,
    {
      hint: 'The file system may forbid programs (noexec), or the system may be too old. Choose another paths.runtime, or name a Node that is there (node:).',
    },
  );
}
