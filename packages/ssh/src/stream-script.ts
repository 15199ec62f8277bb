// A sh script on a remote host whose output is read while it runs and whose standard input stays open.

import type { SshConnection } from './connection/ssh-connection.ts';
import type { WaitOptions } from './connection/ssh-link.ts';
import { remoteScript } from './remote-script.ts';
import type { RemoteProcess } from './stream-command.ts';

export interface StreamedScript extends RemoteProcess {
  /** A line on stdout and stderr; everything before it comes from the login shell's start-up files. */
  readonly marker: string;
}

/**
 * The caller disposes the result. `input` is the first part of the script's standard input, which then stays open: its end tells the
 * script that the caller has left or that the connection is lost. Neither script nor input appears in a process list.
 */
export async function streamScript(
  connection: Pick<SshConnection, 'stream'>,
  script: string,
  { input = '', ...wait }: WaitOptions & { input?: string } = {},
): Promise<StreamedScript> {
  const { command, preamble, marker } = remoteScript(script);
  const { stdin, stdout, stderr, exited, [Symbol.asyncDispose]: dispose } = await connection.stream(command, wait);
  stdin.write(preamble + input);
  return { stdin, stdout, stderr, exited, marker, [Symbol.asyncDispose]: dispose };
}
