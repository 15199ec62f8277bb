// A locked authorized_keys file on a remote host: read once, replaced as a whole, never over another program's change.

import { randomUUID } from 'node:crypto';
import { backoffMs, type Clock, type CodedError } from '@fairlead/kit';
import { type CommandHost, runScript } from '../run-script.ts';
import type { CommandResult } from '../run-command.ts';
import { posixCksum } from '../posix-cksum.ts';
import { type SshErrorCode, sshError } from '../ssh-error.ts';
import { keysExit, lockAndReadScript, replace, unlockScript } from './keys-file-scripts.ts';

export interface KeysFile extends AsyncDisposable {
  /** The real path of the file, links followed. */
  readonly path: string;
  /** The path of the copy that each replacement makes of the content before it. */
  readonly backupPath: string;
  /** The content, decoded as latin1. */
  readonly text: string;
  /** Rejects with `authorized_keys_changed` when the file is no longer what we last read or wrote. */
  replace(text: string): Promise<void>;
}

export interface OpenKeysFileOptions {
  host: CommandHost;
  /** Default `~/.ssh/authorized_keys`. */
  path: string | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

const lockTurns = 15;
const lockWait = { baseMs: 250, maxMs: 4_000, minMs: 100 };

export async function openKeysFile(options: OpenKeysFileOptions): Promise<KeysFile> {
  const { host } = options;
  const token = randomUUID();
  const read = await lockAndRead(options, token);
  const { path, text } = read;
  let { checksum } = read;
  return {
    path,
    text,
    backupPath: `${path}.fairlead-backup`,
    async replace(next) {
      const bytes = Buffer.from(next, 'latin1');
      const wanted = posixCksum(bytes);
      const result = await runScript(host, replace, { args: [path, token, checksum, wanted], stdin: bytes });
      if (result.code !== 0) throw keysFileError(path, result);
      checksum = wanted;
    },
    async [Symbol.asyncDispose]() {
      await unlock(host, path, token);
    },
  };
}

interface ReadKeys {
  path: string;
  checksum: string;
  text: string;
}

async function lockAndRead({ host, path, clock, signal }: OpenKeysFileOptions, token: string): Promise<ReadKeys> {
  for (let turn = 0; ; turn += 1) {
    const result = await runScript(host, lockAndReadScript, { args: [path ?? '', token], encoding: 'latin1', signal });
    if (result.code === 0) {
      const read = parseRead(result.stdout);
      const got = checksumOf(read);
      if (got === read.checksum) return read;
      await unlock(host, read.path, token);
      throw changedWhileRead(read, got);
    }
    if (result.code !== keysExit.locked || turn >= lockTurns)
      throw keysFileError(path ?? '~/.ssh/authorized_keys', result);
    await clock.sleep(backoffMs(lockWait, turn, 0.5), signal);
  }
}

/** Path, checksum and an empty line precede the content. */
function parseRead(output: string): ReadKeys {
  const [head = '', ...rest] = output.split('\n\n');
  const [path = '', checksum = ''] = head.split('\n');
  return { path: Buffer.from(path, 'latin1').toString('utf8'), checksum, text: rest.join('\n\n') };
}

async function unlock(host: CommandHost, path: string, token: string): Promise<void> {
  await runScript(host, unlockScript, { args: [path, token] });
}

function checksumOf({ checksum, text }: ReadKeys): string {
  return checksum === 'absent' ? checksum : posixCksum(Buffer.from(text, 'latin1'));
}

/** An edit must start from the whole file, as it was at one moment. */
function changedWhileRead({ path, checksum }: ReadKeys, got: string): CodedError<SshErrorCode> {
  return sshError(
    'authorized_keys_changed',
    `cannot edit ${path} because its content changed on the way here: got ${got}, want ${checksum} (checksum and bytes)`,
    { hint: 'Try again.', retryable: true },
  );
}

function keysFileError(path: string, { code, stderr }: CommandResult): CodedError<SshErrorCode> {
  const said = stderr.trim();
  switch (code ?? -1) {
    case keysExit.notWritable:
      return sshError('authorized_keys_not_writable', `cannot edit ${path}: ${said}`);
    case keysExit.locked:
      return sshError('authorized_keys_locked', `cannot edit ${path} because another edit is under way: ${said}`, {
        hint: 'Wait until it ends. If no edit is running, the lock expires ten minutes after it was taken.',
        retryable: true,
      });
    case keysExit.changed:
    case keysExit.notOurLock:
      return sshError('authorized_keys_changed', `cannot edit ${path} because it was changed meanwhile`, {
        hint: 'Try again.',
        retryable: true,
      });
    case keysExit.incomplete:
      return sshError('connection_lost', `cannot edit ${path} because ${said}: it stays as it was`, {
        hint: 'Try again.',
        retryable: true,
      });
    default:
      return sshError('authorized_keys_not_writable', `cannot edit ${path}: got code ${code}: ${said}`);
  }
}
