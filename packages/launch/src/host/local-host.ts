// This machine as a Host: for local clusters and the demo.

import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { arch, hostname, platform, userInfo } from 'node:os';
import { dirname } from 'node:path';

import { CodedError, linesOf } from '@fairlead/kit';
import { createLocalRunner } from '@fairlead/scheduler';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { Host, HostFacts } from './host.ts';

export function openLocalHost(home: string, nodePath: string): Host {
  return {
    label: 'this machine',
    facts: localFacts(home, nodePath),
    runner: createLocalRunner(),
    upload,
    async *tail(path, options) {
      const args = ['-n', String(options.lines), ...(options.follow ? ['-F'] : []), '--', path];
      const child = spawn('tail', args, { stdio: ['ignore', 'pipe', 'ignore'] });
      child.on('error', (error) => child.stdout.destroy(error));
      try {
        yield* linesOf(child.stdout, options.signal);
      } finally {
        child.kill();
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

function localFacts(home: string, nodePath: string): HostFacts {
  return {
    home,
    user: userInfo().username,
    hostname: hostname(),
    system: platform() === 'darwin' ? 'Darwin' : 'Linux',
    machine: arch() === 'arm64' ? 'aarch64' : 'x86_64',
    node: nodePath,
  };
}

const upload: Host['upload'] = async (source, path, options) => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    if (Buffer.isBuffer(source)) await writeFile(temporary, source, { mode: options.mode });
    else await copyFile(source.path, temporary);
    await chmod(temporary, options.mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new CodedError<LaunchErrorCode>(
      'remote_unfit',
      `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
};
