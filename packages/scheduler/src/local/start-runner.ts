// Starts the process that watches over a local job, detached, and waits until it has accepted the job.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { untilAborted } from '@fairlead/kit';
import { schedulerError } from '../scheduler-error.ts';
import { jobFiles } from './job-files.ts';
import { runnerWord } from './process-table.ts';

export interface RunnerProgram {
  /** The Node that runs it. */
  node: string;
  /** local-runner.ts, or the file it was bundled into. */
  path: string;
}

/** Beside this file in a checkout; a bundle ships local-runner as an entry of its own and says where. */
export function defaultRunnerPath(): string {
  const places = ['ts', 'js', 'mjs'].map((kind) => fileURLToPath(new URL(`./local-runner.${kind}`, import.meta.url)));
  const found = places.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw schedulerError(
    'runner_failed',
    `cannot run local jobs because the runner is missing: looked for ${places[0]}`,
    {
      hint: 'Install again, or name it with runnerPath.',
    },
  );
}

/**
 * `env` is what the job may see. The runner lives in a session of its own and survives the submitter and its terminal;
 * where the system ends all processes of a login (KillUserProcesses=yes), linger is needed.
 */
export async function startRunner(
  program: RunnerProgram,
  jobDir: string,
  { env, signal }: { env: Record<string, string>; signal?: AbortSignal | undefined },
): Promise<void> {
  const log = await open(jobFiles.runnerLog(jobDir), 'a', 0o600);
  const { NODE_OPTIONS: _, ...runnerEnv } = env;
  const source = program.path.endsWith('.ts') ? ['--conditions=fairlead-source'] : [];
  const child = spawn(program.node, ['--disable-sigusr1', ...source, program.path, runnerWord, jobDir], {
    cwd: jobDir,
    detached: true,
    env: runnerEnv,
    stdio: ['ignore', 'pipe', log.fd],
  });
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  child.once('error', reject);
  child.stdout?.once('data', () => resolve(true));
  child.once('close', () => resolve(false));
  try {
    if (await untilAborted(promise, signal)) return;
    const said = (await readFile(jobFiles.runnerLog(jobDir), 'utf8')).trim().split('\n').at(-1) ?? '';
    throw schedulerError('runner_failed', `cannot start the job because its runner ended at once: ${said}`);
  } finally {
    await log.close();
    child.stdout?.destroy();
    child.unref();
  }
}
