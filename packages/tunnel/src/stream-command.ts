// A remote command whose output is read while it runs (`tail -F`).

import type { Readable, Writable } from 'node:stream';
import type { SshLink, WaitOptions } from './connection/ssh-link.ts';
import { type CommandExit, openExec } from './open-exec.ts';

export interface RemoteProcess extends AsyncDisposable {
  readonly stdin: Writable;
  /** Closes without `end` when the connection is lost. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<CommandExit>;
}

/**
 * Disposing closes the channel and asks the server to end the command. A server that doesn't, lets a silent command run
 * until it next writes: wrap such a command in `untilHangUp`.
 */
export async function streamCommand(link: SshLink, command: string, wait?: WaitOptions): Promise<RemoteProcess> {
  const exec = await openExec(link, command, wait);
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

/** The same command, ended when its standard input ends, which is what a lost or closed channel looks like from there. */
export function untilHangUp(command: string): string {
  return `{ ${command}\n} </dev/null & child=$!; { cat >/dev/null; kill "$child"; } <&3 2>/dev/null & wait "$child"`;
}
