// A command on a host that ends with its caller: its lines are read as they come, and neither an interrupt nor a lost connection
// leaves a process behind.

import type { Readable, Writable } from 'node:stream';

import { linesOf } from '@fairlead/kit';

export interface LeashedOptions {
  /** One line for the command's environment, as FAIRLEAD_INPUT: a secret that no process list shows. */
  input?: string | undefined;
  /** Called with each line of standard output. */
  onLine: (line: string) => void;
  signal: AbortSignal;
}

export interface LeashedResult {
  /** Null where a signal ended the shell itself. */
  code: number | null;
  /** The end of standard error. */
  stderr: string;
}

export interface LeashedStreams {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  exited: Promise<{ code: number | null }>;
  /** The line after which the command's own output begins; absent: it is all the command's. */
  marker?: string;
}

const maxErrorChars = 4_000;

/**
 * Bash; the arguments are the command. Job control gives the command a process group of its own, which gets SIGINT when standard input
 * ends and SIGKILL three seconds later, and of which nothing is left when the command itself has ended. The shell itself is silent:
 * with job control it would report, at times, that the command ended.
 */
export const leashScript = `
IFS= read -r FAIRLEAD_INPUT
export FAIRLEAD_INPUT
exec 3<&0 4>&2 2>/dev/null
set -m
"$@" </dev/null 2>&4 3<&- 4>&- &
child=$!
{ cat <&3; kill -INT -- "-$child"; sleep 3; kill -KILL -- "-$child"; } >/dev/null 4>&- &
watch=$!
exec 3<&- 4>&-
wait "$child"
code=$?
kill -TERM -- "-$watch"
kill -KILL -- "-$child"
exit "$code"
`;

/** Resolves when the command has ended. Throws the signal's reason once the command has ended after it. */
export async function followLeashed(
  { stdin, stdout, stderr, exited, marker }: LeashedStreams,
  { onLine, signal }: LeashedOptions,
): Promise<LeashedResult> {
  const letGo = () => void stdin.end();
  signal.addEventListener('abort', letGo, { once: true });
  if (signal.aborted) letGo();
  let words = '';
  stderr.on('data', (chunk) => (words = (words + String(chunk)).slice(-maxErrorChars)));
  try {
    let hasBegun = marker === undefined;
    for await (const line of linesOf(stdout)) {
      if (hasBegun) onLine(line);
      else hasBegun = line === marker;
    }
    const { code } = await exited;
    signal.throwIfAborted();
    return { code, stderr: marker === undefined ? words : (words.split(`${marker}\n`).at(-1) ?? '') };
  } finally {
    signal.removeEventListener('abort', letGo);
  }
}
