// Runs a sh script on a remote host through any login shell, and removes what start-up files print from its output.

import { Readable } from 'node:stream';
import type { CommandResult, RunOptions } from './run-command.ts';
import { afterMarker, remoteScript } from './remote-script.ts';

/** A host that runs commands, such as an SshConnection. */
export interface CommandHost {
  run(command: string, options?: RunOptions): Promise<CommandResult>;
}

export interface ScriptOptions extends RunOptions {
  args?: readonly string[] | undefined;
  /** Sent on stdin: it appears in no process list. */
  env?: Readonly<Record<string, string>> | undefined;
}

export async function runScript(
  host: CommandHost,
  script: string,
  options: ScriptOptions = {},
): Promise<CommandResult> {
  const { args = [], env = {}, stdin, ...rest } = options;
  const { command, preamble, marker } = remoteScript(script, { args, env });
  const result = await host.run(command, { ...rest, stdin: joined(preamble, stdin) });
  return {
    ...result,
    stdout: afterMarker(result.stdout, marker),
    stderr: afterMarker(result.stderr, marker),
  };
}

function joined(preamble: string, stdin: RunOptions['stdin']): string | Buffer | Readable {
  if (stdin === undefined) return preamble;
  if (typeof stdin === 'string') return preamble + stdin;
  if (Buffer.isBuffer(stdin)) return Buffer.concat([Buffer.from(preamble), stdin]);
  return Readable.from(
    (async function* () {
      yield Buffer.from(preamble);
      yield* stdin as AsyncIterable<Buffer>;
    })(),
  );
}
