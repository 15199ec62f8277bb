// Asks the engine's Python what is installed. The engine itself is not started, nor imported.

import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { EngineCommand } from '@fairlead/engines';
import { type EngineBuild, type EngineBuildKind, pythonCommand } from '@fairlead/engines/builds';
import { errorText, type Log } from '@fairlead/kit';

export interface EngineBuildQuestion {
  build: EngineBuildKind;
  /** The name of the engine's program. */
  name: string;
  /** Program and first arguments with which it serves. */
  serve: readonly string[];
  /** The command that runs other words where the engine runs, in its environment. */
  commandOf: (words: readonly string[]) => Pick<EngineCommand, 'argv' | 'env'>;
  log: Log;
  /** Default 30 s: a file system may be slow, and a container has to be mounted. */
  limitMs?: number;
}

const maxPrintedBytes = 8 * 1024 * 1024;
const headBytes = 1024;

/** Undefined where nothing tells: the engine is started as it is planned. Rejects with the signal's reason. */
export async function readEngineBuild(
  { build, name, serve, commandOf, log, limitMs = 30_000 }: EngineBuildQuestion,
  signal: AbortSignal,
): Promise<EngineBuild | undefined> {
  if (!build.isOwn(serve)) return undefined;
  const python = pythonCommand(serve, name, await readHead(serve[0] ?? '', commandOf(serve).env));
  if (python === undefined) return undefined;
  const { argv, env } = commandOf([...python, '-c', build.script]);
  const [program, ...args] = argv;
  // Python looks for packages in the working directory first.
  const limits = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: maxPrintedBytes, signal } as const;
  try {
    const { stdout } = await promisify(execFile)(program, args, { env, cwd: '/', ...limits });
    const found = build.read(stdout);
    log.info(
      { op: 'engine.build', ok: true, version: found?.version, flags: found?.flags?.size },
      'the engine is known',
    );
    return found;
  } catch (error) {
    signal.throwIfAborted();
    log.warn(
      { op: 'engine.build', ok: false, program, error: errorText(error) },
      'cannot tell which version this engine is',
    );
    return undefined;
  }
}

/** The first lines of a program; undefined if there is no such file. */
export async function readHead(program: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folders = program.includes('/') ? [''] : (env['PATH'] ?? '').split(delimiter);
  for (const folder of folders) {
    const head = await readStart(folder === '' ? program : join(folder, program));
    if (head !== undefined) return head;
  }
  return undefined;
}

async function readStart(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } catch {
    // It is not there, or is a directory: the next folder of the PATH is tried.
    return undefined;
  }
}
