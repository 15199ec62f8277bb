// Starts the reaper and says when it has done its work.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { CodedError } from '@fairlead/kit';

import type { CliErrorCode } from '../cli-error.ts';

export interface Reaper {
  /** Ends everything that belongs to the folder and removes it. Resolves when that is done. */
  reap(): Promise<void>;
}

export async function startReaper(folder: string, nodePath: string): Promise<Reaper> {
  const path = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? './reaper.ts' : './reaper.mjs', import.meta.url),
  );
  const child = spawn(nodePath, [path, folder], { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  // A pipe to a reaper that is gone: its exit says so.
  child.stdin.on('error', () => child.stdin.destroy());
  await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    async reap() {
      child.stdin.end();
      const [code] = await ended;
      if (code !== 0)
        throw new CodedError<CliErrorCode>(
          'demo_failed',
          `cannot clean up ${folder}: the clean-up ended with ${code}`,
          { hint: `Look with: ps axu | grep ${folder}; then remove the folder.` },
        );
    },
  };
}
