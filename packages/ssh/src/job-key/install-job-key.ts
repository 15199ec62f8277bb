// Puts a job's key into the account's authorized_keys, which is also the user's own way in: so the edit is undone
// unless a fresh login with the job's key meets the gate and a fresh login with the user's own key still works.

import { type Clock, CodedError, errorText, isCodedError, systemClock } from '@fairlead/kit';
import type { OpenSshOptions, SshConnection } from '../connection/ssh-connection.ts';
import { openSsh } from '../connection/open-ssh.ts';
import type { CommandHost } from '../run-script.ts';
import type { SshTarget } from '../ssh-target.ts';
import { KeyAccepted } from '../system-ssh/login-error.ts';
import { type SshErrorCode, sshError } from '../ssh-error.ts';
import type { JobKey } from './create-job-key.ts';
import { editAuthorizedKeys, type EditedKeys } from './edit-authorized-keys.ts';
import { type KeyLine, renderKeyLine } from './key-line.ts';
import { type KeysFile, openKeysFile } from './keys-file.ts';

export interface InstallJobKeyOptions {
  /** The user's own login, open. */
  connection: CommandHost;
  /** The same login, so that it can be made afresh. */
  userTarget: SshTarget;
  jobKey: JobKey;
  line: Omit<KeyLine, 'publicKey'>;
  /** Default `~/.ssh/authorized_keys`. */
  path?: string | undefined;
  clock?: Clock | undefined;
  signal?: AbortSignal | undefined;
}

export interface InstalledJobKey {
  path: string;
  /** Where the file as it was before lies. */
  backupPath: string;
  change: EditedKeys['change'];
  /** What the gate said to the login with the job's key; empty where it was not reached, see proveJobLogin. */
  identityLine: string;
}

/** Attempts of one edit when another program changes the file in between. */
const editTurns = 3;

export async function installJobKey(options: InstallJobKeyOptions): Promise<InstalledJobKey> {
  const { connection, jobKey, path, clock = systemClock, signal } = options;
  const line = renderKeyLine({ ...options.line, publicKey: jobKey.publicKey });
  for (let turn = 1; ; turn += 1) {
    try {
      await using file = await openKeysFile({ host: connection, path, clock, signal });
      return await putAndProve(file, line, options);
    } catch (error) {
      if (isCodedError(error, 'authorized_keys_changed') && turn < editTurns) continue;
      throw isCodedError(error, 'authorized_keys_not_writable') ? byHand(error, line) : error;
    }
  }
}

export interface RemoveJobKeyOptions {
  connection: CommandHost;
  userTarget: SshTarget;
  marker: string;
  path?: string | undefined;
  clock?: Clock | undefined;
  signal?: AbortSignal | undefined;
}

/** False when there was no such line. */
export async function removeJobKey(options: RemoveJobKeyOptions): Promise<boolean> {
  const { connection, userTarget, marker, path, clock = systemClock, signal } = options;
  for (let turn = 1; ; turn += 1) {
    try {
      await using file = await openKeysFile({ host: connection, path, clock, signal });
      const edited = editAuthorizedKeys(file.text, { kind: 'remove', marker });
      if (edited.change === 'none') return false;
      await file.replace(edited.text);
      await orUndo({ file, undo: () => file.replace(file.text) }, () => proveOwnLogin(userTarget, { signal }));
      return true;
    } catch (error) {
      if (isCodedError(error, 'authorized_keys_changed') && turn < editTurns) continue;
      throw error;
    }
  }
}

async function putAndProve(file: KeysFile, line: string, options: InstallJobKeyOptions): Promise<InstalledJobKey> {
  const { jobKey, userTarget, signal } = options;
  const { marker } = options.line;
  // The file's text holds bytes, as latin1 does.
  const bytes = Buffer.from(line, 'utf8').toString('latin1');
  const { text, change } = editAuthorizedKeys(file.text, { kind: 'put', marker, line: bytes });
  if (change !== 'none') await file.replace(text);
  const undo = async () => (change === 'none' ? undefined : file.replace(file.text));
  const identityLine = await orUndo({ file, undo }, async () => {
    const said = await proveJobLogin({ userTarget, jobKey, line, signal });
    await proveOwnLogin(userTarget, { signal });
    return said;
  });
  return { path: file.path, backupPath: file.backupPath, change, identityLine };
}

/** Puts the file back as it was when `prove` fails, while the lock is still ours. */
async function orUndo<T>(
  { file, undo }: { file: KeysFile; undo: () => Promise<void> },
  prove: () => Promise<T>,
): Promise<T> {
  try {
    return await prove();
  } catch (error) {
    try {
      await undo();
    } catch (undoError) {
      throw sshError(
        'authorized_keys_not_restored',
        `cannot put ${file.path} back as it was: ${errorText(undoError)}; undoing was needed because: ${errorText(error)}`,
        { hint: `The file as it was lies in ${file.backupPath}. Compare the two by hand.`, cause: error },
      );
    }
    throw error;
  }
}

/** A fresh login with the job's key and nothing else, as a job makes it. Returns the gate's line; empty where the server takes the key and wants a code besides. */
export async function proveJobLogin(options: {
  userTarget: SshTarget;
  jobKey: JobKey;
  line: string;
  signal?: AbortSignal | undefined;
}): Promise<string> {
  const { userTarget, jobKey, line, signal } = options;
  const { system } = userTarget;
  const target: SshTarget = {
    ...userTarget,
    auth: { privateKey: jobKey.privateKey },
    // A job has no terminal.
    ...(system && { system: { ...system, terminal: undefined } }),
  };
  try {
    await using connection = await openSsh(target, { signal });
    await using gate = await connection.gate('fairlead-gate', { signal });
    return gate.identityLine;
  } catch (error) {
    // What more it wants of a laptop, a code, it need not want of a compute node; the doctor's test job tells.
    if (error instanceof CodedError && error.cause instanceof KeyAccepted) return '';
    throw refused(error, line);
  }
}

async function proveOwnLogin(target: SshTarget, options: OpenSshOptions): Promise<void> {
  await using connection: SshConnection = await openSsh(target, { ...options, isFresh: true });
  await connection.run('exit 0');
}

function refused(error: unknown, line: string): unknown {
  if (isCodedError(error, 'auth_failed')) {
    return sshError(
      'job_key_refused',
      `cannot log in with the job's key although its line was written: ${error.message}`,
      {
        hint: `The server may read another file (sshd_config: AuthorizedKeysFile) or not know one of the options. Have this line added where keys are kept, then try again:\n${line}`,
        cause: error,
      },
    );
  }
  if (isCodedError(error, 'gate_failed')) {
    return sshError('job_key_refused', `the job's key lets in, but not to the gate: ${error.message}`, {
      hint: 'Look at the gate on the bastion: it must be there and executable.',
      cause: error,
    });
  }
  return error;
}

function byHand(error: CodedError, line: string): CodedError<SshErrorCode> {
  return sshError('authorized_keys_not_writable', error.message, {
    hint: `Have this line added to it, as one line, then try again:\n${line}`,
    cause: error,
  });
}
