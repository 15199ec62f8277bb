// Adds a job's key to the account's authorized_keys. The user logs in by the same file, so the edit is undone
// unless a fresh login with the job's key reaches the gate and a fresh login with the user's own key still works.

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
  /** An open connection with the user's own login. */
  connection: CommandHost;
  /** The target of the user's login, for a fresh one. */
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
  /** The path of the copy of the file before the edit. */
  backupPath: string;
  change: EditedKeys['change'];
  /** The gate's identity line for the login with the job's key; empty if that login did not reach it, see proveJobLogin. */
  identityLine: string;
}

/** Attempts at one edit while another program keeps changing the file. */
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

/** Resolves with false if the file has no line with this marker. */
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

/** Restores the file when `prove` fails, while we still hold the lock. */
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

/** Makes a fresh login with the job's key alone, as a job does. Resolves with the gate's identity line; empty if the server accepts the key and asks for a code besides. */
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
    // A server that asks a laptop for a code need not ask a compute node for one; the doctor's test job finds out.
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
        hint: `The server may read another file (sshd_config: AuthorizedKeysFile) or not know one of the options. Ask its operator to add this line where the server keeps keys, then try again:\n${line}`,
        cause: error,
      },
    );
  }
  if (isCodedError(error, 'gate_failed')) {
    return sshError('job_key_refused', `the job's key logs in, but does not reach the gate: ${error.message}`, {
      hint: 'Look at the gate on the bastion: it must exist and be executable.',
      cause: error,
    });
  }
  return error;
}

function byHand(error: CodedError, line: string): CodedError<SshErrorCode> {
  return sshError('authorized_keys_not_writable', error.message, {
    hint: `Add this line to the file, as one line, or ask the operator to, then try again:\n${line}`,
    cause: error,
  });
}
