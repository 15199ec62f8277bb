// Reads the Hugging Face token: from a regular file that its owner alone may read.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';

import { errorText, isCodedError, Secret } from '@fairlead/kit';

import { agentError } from '../agent-error.ts';

const check =
  'Check tokenFile of this cluster: the compute node must be able to read it. Remove the setting if the model needs no token.';

/** Undefined where no file is named, or it is empty. Throws `token_file_unreadable` or `token_file_exposed`. */
export async function readTokenFile(path: string | undefined): Promise<Secret | undefined> {
  if (path === undefined) return undefined;
  if (!isAbsolute(path))
    throw agentError('token_file_unreadable', `cannot read the token file ${path} because its path is not absolute`, {
      hint: 'Deploy again: the CLI writes absolute paths into the spec.',
    });
  try {
    // A pipe of that name would be waited for.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile())
      throw agentError('token_file_unreadable', `cannot read the token file ${path} because it is no regular file`, {
        hint: check,
      });
    if ((stats.mode & 0o077) !== 0) throw exposed(path, stats.mode);
    const token = (await file.readFile('utf8')).trim();
    return token === '' ? undefined : new Secret(token);
  } catch (error) {
    if (isCodedError(error)) throw error;
    throw agentError('token_file_unreadable', `cannot read the token file ${path}: ${errorText(error)}`, {
      hint: check,
      cause: error,
    });
  }
}

function exposed(path: string, mode: number): Error {
  const found = (mode & 0o777).toString(8).padStart(4, '0');
  return agentError(
    'token_file_exposed',
    `cannot use the token file ${path} because others may read it or write it: its mode is ${found}`,
    { hint: `Run on the cluster: chmod 600 ${path}. Where others have accounts there, make a new token first.` },
  );
}
