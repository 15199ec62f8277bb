// Turns the remote host's words about a failed upload into an error that names the path and the cure.

import type { CodedError } from '@fairlead/kit';
import { type SshErrorCode, sshError } from './ssh-error.ts';

export interface FailedUpload {
  label: string;
  remotePath: string;
  code: number | null;
  /** The remote script's stderr, in the C locale. */
  said: string;
}

const causes: ReadonlyArray<{ pattern: RegExp; because: string; hint: string; retryable?: boolean }> = [
  {
    pattern: /No space left on device/i,
    because: 'the disk there is full',
    hint: 'Make room there, or choose another directory.',
  },
  {
    pattern: /quota exceeded/i,
    because: 'your quota there is used up',
    hint: 'Remove what you no longer need there, or choose a directory with a larger quota.',
  },
  {
    pattern: /Read-only file system/i,
    because: 'the file system there is read-only',
    hint: 'Choose another directory.',
  },
  {
    pattern: /Permission denied|Operation not permitted/i,
    because: 'you may not write there',
    hint: 'Choose a directory of your own.',
  },
  {
    pattern: /No such file or directory|Not a directory/i,
    because: 'its directory does not exist',
    hint: 'Create the directory first.',
  },
  {
    pattern: /Is a directory/i,
    because: 'there is a directory of that name',
    hint: 'Choose another name.',
  },
  {
    pattern: /incomplete:|damaged on the way/i,
    because: 'the bytes did not arrive as they were sent',
    hint: 'Try again.',
    retryable: true,
  },
];

export function uploadError({ label, remotePath, code, said }: FailedUpload): CodedError<SshErrorCode> {
  const what = `cannot upload ${remotePath} to ${label}`;
  const known = causes.find(({ pattern }) => pattern.test(said));
  const got = said === '' ? `it ended with code ${code}` : said;
  if (!known) return sshError('upload_failed', `${what}: ${got}`, { hint: 'The shell there may be restricted.' });
  const { because, hint, retryable = false } = known;
  return sshError('upload_failed', `${what} because ${because}: got ${got}`, { hint, retryable });
}
