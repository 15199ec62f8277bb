// Runs a program of this machine for what it says, stderr included.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Rejects when it cannot be started or fails. */
export async function runHere(file: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const { stdout, stderr } = await run(file, [...args], { signal, windowsHide: true });
  return stdout + stderr;
}
