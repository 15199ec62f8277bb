// Runs the system's ssh for an answer without a connection: its version, its settings for a host.

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

import { errnoOf, errorText } from '@fairlead/kit';

import { sshError } from '../ssh-error.ts';

export type ProcessEnv = Readonly<Record<string, string | undefined>>;

const timeoutMs = 20_000;

export async function runSsh(args: readonly string[], env: ProcessEnv) {
  refuseWindows();
  const child = spawn('ssh', args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
  const { promise: code, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', (error) => reject(noSsh(error)));
  child.once('close', resolve);
  const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), code]);
  return { code: exit, stdout, stderr };
}

/** The output of `ssh -V`. */
export async function sshVersion(env: ProcessEnv): Promise<string> {
  const { stderr } = await runSsh(['-V'], env);
  return stderr.trim();
}

/** Throws on Windows, whose OpenSSH lacks the control sockets that a master needs (https://github.com/PowerShell/Win32-OpenSSH/issues/1328). */
export function refuseWindows(platform: NodeJS.Platform = process.platform): void {
  if (platform !== 'win32') return;
  throw sshError('ssh_unusable', "cannot log in with the system's ssh because on Windows it shares no connections", {
    hint: 'Use `driver: ssh2` (the default) with a key, or run Fairlead in WSL.',
  });
}

export function noSsh(cause: unknown) {
  const why = errnoOf(cause) === 'ENOENT' ? 'there is none on the PATH' : errorText(cause);
  return sshError('ssh_unusable', `cannot log in with the system's ssh because ${why}`, {
    hint: 'Install OpenSSH, or leave `driver: ssh` out of the configuration to log in without it.',
    cause,
  });
}
