// This machine as a Host: for local clusters and the demo.

import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { arch, hostname, platform, userInfo } from 'node:os';
import { dirname } from 'node:path';

import { CodedError, linesOf, markHandled } from '@fairlead/kit';
import { createLocalRunner } from '@fairlead/scheduler';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { Host, HostFacts } from './host.ts';
import { followLeashed, leashScript } from './leashed-command.ts';

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
    async runLeashed(argv, options) {
      const { stdin, stdout, stderr, exited } = await startLeashed(argv);
      stdin.write(`${options.input ?? ''}\n`);
      return followLeashed({ stdin, stdout, stderr, exited }, options);
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function startLeashed(argv: readonly string[]) {
  // Detached: the terminal's Ctrl-C would end the shell that has to see to the end of the others.
  const child = spawn('bash', ['-c', leashScript, 'bash', ...argv], { stdio: 'pipe', detached: true });
  const exited = once(child, 'close').then(([code]) => ({ code: code as number | null }));
  markHandled(exited);
  await once(child, 'spawn');
  // EPIPE: the command has ended, which its exit code tells.
  child.stdin.on('error', () => undefined);
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, exited };
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
