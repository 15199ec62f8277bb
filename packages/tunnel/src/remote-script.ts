// How a POSIX sh script gets to a remote host whatever the account's login shell is. The command line is one constant
// that sh, csh and fish read alike; script, arguments and environment follow on stdin, where no other user sees them.

import { shellQuote } from '@fairlead/kit';

export interface RemoteScript {
  command: string;
  /** Goes to stdin first; the script's own input follows. */
  preamble: string;
  /** Everything that stdout and stderr hold up to this line comes from the login shell's start-up files. */
  marker: string;
}

// dd, for head(1) may read further than it was asked to.
const READ_AND_RUN = 'read -r size && script=$(dd bs=1 count="$size" 2>/dev/null) && eval "$script"';

export function remoteScript(
  script: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): RemoteScript {
  const marker = '--fairlead-begin--';
  const text = [
    ...Object.entries(env).map(([name, value]) => exportLine(name, value)),
    `set -- ${args.map(shellQuote).join(' ')}`,
    `echo ${marker}; echo ${marker} >&2`,
    'unset size',
    script,
  ].join('\n');
  return { command: `exec sh -c '${READ_AND_RUN}' fairlead`, preamble: `${Buffer.byteLength(text)}\n${text}`, marker };
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
