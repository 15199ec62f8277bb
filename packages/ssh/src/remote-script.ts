// Sends a POSIX sh script to a remote host through any login shell. The command line is one constant that sh, csh and fish
// read alike; script, arguments and environment follow on stdin, where no other user sees them.

import { shellQuote } from '@fairlead/kit';
import { posixCksum } from './posix-cksum.ts';

export interface RemoteScript {
  command: string;
  /** The first bytes of stdin; the script's own input follows. */
  preamble: string;
  /** A line on stdout and stderr; everything before it comes from the login shell's start-up files. */
  marker: string;
}

/** BSD's EX_IOERR (sysexits.h). */
const cutOffExit = 74;

// dd, because head(1) may read further than asked. The shell runs the script only after all of it has arrived: when a
// connection breaks, sshd ends the command's input, and sh would run the part that has arrived.
const readAndRun =
  'read -r crc size && script=$(dd bs=1 count="$size" 2>/dev/null) && ' +
  `if [ "$(printf %s "$script" | cksum)" = "$crc $size" ]; then eval "$script"; else echo "the script was cut off" >&2; exit ${cutOffExit}; fi`;

export function remoteScript(
  script: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): RemoteScript {
  const marker = '--fairlead-begin--';
  const text = [
    ...Object.entries(env).map(([name, value]) => exportLine(name, value)),
    `set -- ${args.map(shellQuote).join(' ')}`,
    `echo ${marker}; echo ${marker} >&2`,
    'unset crc size',
    script.trimEnd(),
  ].join('\n');
  return {
    command: `exec sh -c '${readAndRun}' fairlead`,
    preamble: `${posixCksum(Buffer.from(text))}\n${text}`,
    marker,
  };
}

export function afterMarker(output: string, marker: string): string {
  const start = output.indexOf(`${marker}\n`);
  return start < 0 ? output : output.slice(start + marker.length + 1);
}

function exportLine(name: string, value: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new TypeError(`cannot set the environment variable ${JSON.stringify(name)} because it is not a shell name`);
  }
  return `export ${name}=${shellQuote(value)}`;
}
