// Global setup of the lane: the tarballs as they would be published, and the versions of Node to test them with.

import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { packAll, type Published } from '@fairlead/scripts/pack';
import { runOutside } from './run-outside.ts';

export interface NodeToTry {
  major: 22 | 24;
  /** Absent when this Node is not available: `why` has the reason. */
  path?: string;
  why?: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    tarballs: Record<Published, string>;
    nodes: NodeToTry[];
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'fl-packed-')));
  project.provide('tarballs', await packAll(join(dir, 'tarballs')));
  project.provide('nodes', [await fetchNode22(join(dir, 'node22')), { major: 24, path: process.execPath }]);
  return () => rm(dir, { recursive: true, force: true });
}

/** npm has Node's builds as packages, one per platform. */
async function fetchNode22(folder: string): Promise<NodeToTry> {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const wanted = `node-${platform}-${process.arch}@22`;
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', `node22@npm:${wanted}`];
  const { code, stderr } = await runOutside('npm', args, { cwd: tmpdir() });
  if (code !== 0) return { major: 22, why: `npm cannot fetch ${wanted}: ${stderr.trim().split('\n')[0]}` };
  return { major: 22, path: join(folder, 'node_modules', 'node22', 'bin', 'node') };
}
