// Whether the account's login shell runs commands for programs: quietly, or with start-up files that talk, or not at all.

import type { SshConnection } from '@fairlead/ssh';

import { fail, type Finding, passed, warn } from '../check.ts';

const word = 'fairlead-shell-works';
const input = 'fairlead-input-arrives';

export async function askShell(connection: SshConnection, signal: AbortSignal): Promise<Finding> {
  const limits = { timeoutMs: 20_000, signal };
  // A command line that sh, csh and fish read alike; scripts go to their standard input.
  const { code, stdout, stderr } = await connection.run(`exec sh -c 'echo ${word}; cat'`, {
    ...limits,
    stdin: `${input}\n`,
  });
  const hasInput = stdout.split('\n').includes(input);
  return judgeShell({ code: code ?? null, stdout: stdout.replace(`${input}\n`, ''), stderr, hasInput });
}

/** `hasInput`: whether what was sent to the command arrived there. */
export function judgeShell(said: { code: number | null; stdout: string; stderr: string; hasInput?: boolean }): Finding {
  const lines = said.stdout.split('\n').filter((line) => line.trim() !== '');
  const todo =
    'In the start-up files there (.bashrc, .profile, .cshrc), do nothing that prints or starts a program (exec tmux) without a terminal: begin with `[ -t 0 ] || return`.';
  if (!lines.some((line) => line.includes(word)))
    return fail(`a simple command gave no answer: ${excerpt(said.stderr || said.stdout) || `exit ${said.code}`}`, todo);
  if (said.hasInput === false)
    return fail(
      'a start-up file of the login shell reads what is meant for the command (its standard input): no script arrives',
      'Find what asks a question there (read, $<, select, a menu of modules) and do it only with a terminal: begin with `[ -t 0 ] || return`.',
    );
  const noise = lines.filter((line) => !line.includes(word));
  if (noise.length > 0)
    return warn(`start-up files print before the answer: ${excerpt(noise.join(' '))}. Fairlead copes with that`, todo);
  return passed('runs commands and says nothing of its own');
}

function excerpt(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ');
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
