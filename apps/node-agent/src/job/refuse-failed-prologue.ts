// The job's script starts the agent also after a line of its prologue failed, so that the user is told: which line, and what it printed.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, errnoOf } from '@fairlead/kit';
import { prologueFailure, prologueFailureLine } from '@fairlead/scheduler';
import type { AgentErrorCode } from '../agent-error.ts';
import { readAt, startOfLastLines } from '../log-tail/read-last-lines.ts';

export class PrologueFailed extends CodedError<AgentErrorCode> {
  /** What the prologue printed last, oldest line first. */
  readonly lastLines: string[];

  constructor(failed: string, lastLines: string[]) {
    const [, code = '', line = ''] = /^(\d+) (.*)$/s.exec(failed) ?? [];
    super('prologue_failed', `this line of the prologue failed with exit code ${code}: ${line.trim()}`, {
      hint: "Correct `prologue` of this cluster; all that it printed is in the job's log (`fairlead logs <name> --source job`). Add `|| true` to a line that may fail.",
    });
    this.lastLines = lastLines;
  }
}

/** Throws `PrologueFailed` where the script has set its variable. */
export async function refuseFailedPrologue(env: NodeJS.ProcessEnv, jobDir: string): Promise<void> {
  const failed = env[prologueFailure];
  if (failed !== undefined) throw new PrologueFailed(failed, linesBefore(await tailOf(join(jobDir, 'job.log'))));
}

const readLines = 100;
const shownLines = 5;

/** Pure. The script and this agent write to the same log after the prologue. */
export function linesBefore(log: string): string[] {
  const lines = log.split('\n').map((line) => line.trimEnd());
  const end = lines.findLastIndex((line) => line.startsWith(prologueFailureLine));
  return lines
    .slice(0, Math.max(0, end))
    .filter((line) => line !== '')
    .slice(-shownLines);
}

/** Empty where the log cannot be read: the line that failed is known all the same. */
async function tailOf(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const start = await startOfLastLines(file, size, readLines);
    return (await readAt(file, start, size - start)).toString();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return '';
  }
}
