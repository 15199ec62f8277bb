// Runs a sh script on the far side, through any login shell, with its output cleaned of what start-up files print.

import { Readable } from 'node:stream';
import type { CommandResult, RunOptions } from './run-command.ts';
import { afterMarker, remoteScript } from './remote-script.ts';

/** What can run a command: an SshConnection can. */
export interface CommandHost {
  run(command: string, options?: RunOptions): Promise<CommandResult>;
}

export interface ScriptOptions extends RunOptions {
  args?: readonly string[] | undefined;
  /** Travels on stdin: it appears in no process list. */
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
