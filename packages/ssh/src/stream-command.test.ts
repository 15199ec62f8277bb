// A streamed argv through the usual login shells.

import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { afterEach, describe, expect, it } from 'vitest';

import { openSsh } from './connection/open-ssh.ts';
import { openTestSsh, type TestSsh } from './testing.ts';

const shells = ['sh', 'bash', 'tcsh', 'csh', 'fish', 'zsh'];

/** The path of the shell on this machine. */
function findShell(name: string): string | undefined {
  return ['/bin', '/usr/bin', '/usr/local/bin']
    .map((dir) => join(dir, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

describe('a streamed argv', () => {
  let server: TestSsh | undefined;
  afterEach(() => server?.[Symbol.asyncDispose]());

  it.for(shells)('reaches the command unchanged where the login shell is %s', async (name, { skip }) => {
    const shell = findShell(name) ?? skip(`there is no ${name} on this machine`);
    server = await openTestSsh('builtin', { shell });
    await using connection = await openSsh(server.target);
    const words = [
      'hello!world',
      "it's",
      'a b',
      'two\nlines\n',
      String.raw`back\slash \n`,
      '$HOME `id`',
      '',
      'ü;|&*?[x]~',
    ];
    await using process = await connection.stream(['printf', '%s|', ...words]);
    expect(await text(process.stdout)).toBe(words.map((word) => `${word}|`).join(''));
    expect(await process.exited).toMatchObject({ code: 0 });
  });
});
