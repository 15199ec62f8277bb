// OpenSSH's own two forwards, as a user types them, and in their fastest form: with a session channel, which makes
// ssh and sshd set TCP_NODELAY.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Scope } from '@fairlead/kit';
import type { World } from '@fairlead/testkit';
import { freePort } from '@fairlead/testkit/free-port';

export interface OpenSshForwardOptions {
  world: World;
  /** The engine's socket. */
  engine: string;
  kind: 'as typed' | 'with a session';
  /** At which the near end reaches the bastion. */
  laptopPort: number;
}

/** Resolves with the local port at which the engine answers. */
export async function openOpenSsh(
  scope: Scope,
  { world, engine, kind, laptopPort }: OpenSshForwardOptions,
): Promise<number> {
  const middle = join(world.dir, `${kind === 'as typed' ? 't' : 's'}.sock`);
  const port = await freePort();
  await forward(scope, { world, kind, bastionPort: world.bastion.port, words: ['-R', `${middle}:${engine}`] });
  await forward(scope, { world, kind, bastionPort: laptopPort, words: ['-L', `${port}:${middle}`] });
  return port;
}

interface Forward extends Pick<OpenSshForwardOptions, 'world' | 'kind'> {
  bastionPort: number;
  words: string[];
}

async function forward(scope: Scope, { world, kind, bastionPort, words }: Forward): Promise<void> {
  const { bastion, dir } = world;
  const options = ['ExitOnForwardFailure=yes', `UserKnownHostsFile=${join(dir, 'known_hosts')}`, 'BatchMode=yes'];
  const argv = [
    '-Fnone',
    '-v',
    `-i${join(dir, 'id_ed25519')}`,
    `-p${bastionPort}`,
    ...options.flatMap((option) => ['-o', option]),
    ...words,
    ...(kind === 'as typed' ? ['-N'] : []),
    `${bastion.user}@${bastion.host}`,
    ...(kind === 'as typed' ? [] : ['exec cat']),
  ];
  const child = spawn('ssh', argv, { stdio: ['pipe', 'ignore', 'pipe'] });
  scope.defer(() => endOf(child));
  await heard(child, words[0] === '-R' ? 'remote forward success' : 'Entering interactive session');
}

/** Resolves when ssh has printed `word`; discards the later output. */
async function heard(child: ChildProcess, word: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (text.length < 20_000) text += chunk.toString('utf8');
    if (text.includes(word)) resolve();
  });
  child.once('exit', () => reject(new Error(`ssh ended before it said ${word}: ${text.slice(-500)}`)));
  await promise;
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}
