// A remote command whose output is read while it runs (`tail -F`).

import type { Readable, Writable } from 'node:stream';
import type { WaitOptions } from './connection/ssh-link.ts';
import type { CommandExit, ExecHost } from './open-exec.ts';

export interface RemoteProcess extends AsyncDisposable {
  readonly stdin: Writable;
  /** Closes without `end` when the connection is lost. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<CommandExit>;
}

/**
 * The caller disposes the result. An argv runs without input and ends when its channel closes, for whatever reason. A shell line
 * has input, but one that prints nothing may run on after the channel has closed: sshd passes signals only to some commands.
 */
export async function streamCommand(
  host: ExecHost,
  command: string | readonly string[],
  wait?: WaitOptions,
): Promise<RemoteProcess> {
  const exec = await host.exec(typeof command === 'string' ? command : untilHangUp(command), wait);
  const { stream, stderr, exited } = exec;
  return {
    stdin: stream,
    stdout: stream,
    stderr,
    exited,
    async [Symbol.asyncDispose]() {
      if (stream.closed) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      stream.once('close', resolve);
      exec.signal('TERM');
      stream.destroy();
      await promise;
    },
  };
}

/** Decodes the words that `encodeWord` has encoded. */
const decode = 'for word do shift; word=$(printf %b_ "$word"); set -- "$@" "${word%_}"; done; ';

/** Ends the command at the end of standard input: that is how the remote host sees a closed channel and a lost connection. */
const watchStdin =
  'exec 3<&0; "$@" </dev/null 3<&- & child=$!; { cat <&3; kill "$child"; } >/dev/null 2>&1 & watch=$!; exec 3<&-; ' +
  'wait "$child"; code=$?; kill "$watch" 2>/dev/null; exit "$code"';

function untilHangUp(argv: readonly string[]): string {
  return `exec sh -c '${decode}${watchStdin}' fairlead ${argv.map(encodeWord).join(' ')}`;
}

/**
 * One word that sh, csh and fish read alike, for `printf %b`: csh looks for `!` in quotes too and ends a quote at a
 * line break, fish reads backslashes in quotes.
 */
function encodeWord(word: string): string {
  if (word.includes('\0')) throw new TypeError('cannot pass an argument that contains a NUL byte');
  const octal = (char: string) => `\\0${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
  return `'${word.replaceAll(/[\\'!\n\r]/g, octal)}'`;
}
