// The calls of a connection that only run commands: they are the same for both drivers.

import type { SshConnection } from './connection/ssh-connection.ts';
import type { ExecHost } from './open-exec.ts';
import { openGate } from './open-gate.ts';
import { runCommand } from './run-command.ts';
import { streamCommand } from './stream-command.ts';
import { uploadFile } from './upload-file.ts';

export function execCalls(host: ExecHost): Pick<SshConnection, 'run' | 'stream' | 'upload' | 'gate'> {
  return {
    run: (command, options) => runCommand(host, command, options),
    stream: (command, wait) => streamCommand(host, command, wait),
    upload: (source, remotePath, options) => uploadFile(host, { source, remotePath }, options),
    gate: (command, wait) => openGate(host, command, wait),
  };
}
