// Whether the account's login shell runs commands for programs: quietly, or with start-up files that talk, or not at all.

import type { SshConnection } from '@fairlead/tunnel';

import { fail, type Finding, ok, warn } from '../check.ts';

const WORD = 'fairlead-shell-works';

export async function askShell(connection: SshConnection, signal: AbortSignal): Promise<Finding> {
  const { code, stdout, stderr } = await connection.run(`echo ${WORD}`, { timeoutMs: 20_000, signal });
  return judgeShell({ code: code ?? null, stdout, stderr });
}

export function judgeShell(said: { code: number | null; stdout: string; stderr: string }): Finding {
  const lines = said.stdout.split('\n').filter((line) => line.trim() !== '');
  const todo =
    'In the start-up files there (.bashrc, .profile, .cshrc), do nothing that prints or starts a program (exec tmux) without a terminal: begin with `[ -t 0 ] || return`.';
  if (!lines.some((line) => line.includes(WORD)))
    return fail(`a simple command gave no answer: ${excerpt(said.stderr || said.stdout) || `exit ${said.code}`}`, todo);
  const noise = lines.filter((line) => !line.includes(WORD));
  if (noise.length > 0)
    return warn(`start-up files print before the answer: ${excerpt(noise.join(' '))}. Fairlead copes with that`, todo);
  return ok('runs commands and says nothing of its own');
}

function excerpt(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ');
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
