// Starts an engine by its command: the simulator or a real vLLM. Both take the same flags and listen on a unix socket.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '@fairlead/kit';
import { programArgs } from '@fairlead/testkit/programs';
import { exchange } from './exchange.ts';
import { killGroup } from './spawned-engine.ts';
import { temporarySocket } from './temporary-socket.ts';

export interface ServeCommand {
  /** Up to and including `serve`. */
  argv: readonly string[];
  /** A folder or a name. */
  model: string;
  /** Flags of its own. */
  more: readonly string[];
  startLimitMs: number;
}

export interface CommandedEngine extends AsyncDisposable {
  readonly path: string;
  readonly key: string;
}

const sourceFile = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export function simulatorCommand(model: string): ServeCommand {
  const argv = [process.execPath, ...programArgs('engine-sim'), 'serve'];
  return { argv, model, more: ['--sim-decode-ms', '1'], startLimitMs: 20_000 };
}

/** A tiny model in `folder`, an adapter of rank 8 beside it. `venv` is made by infra/testbed/real-vllm/make-venv.sh. */
export async function prepareRealEngine(venv: string, folder: string): Promise<{ command: ServeCommand }> {
  const recipe = sourceFile('../../../../infra/testbed/real-vllm/make-tiny-model.py');
  await promisify(execFile)(join(venv, 'bin/python'), [recipe, folder, '--lora', '8']);
  // In bfloat16 vLLM uses AMX where the processor shows it, and dies of SIGILL in virtual machines that do not carry it out.
  const more = ['--load-format', 'dummy', '--enforce-eager', '--dtype', 'float32'];
  return { command: { argv: [join(venv, 'bin/vllm'), 'serve'], model: folder, more, startLimitMs: 240_000 } };
}

/** Resolves when the engine is healthy. The caller disposes it, which kills it and its children. */
export async function openCommandedEngine(command: ServeCommand, flags: readonly string[]): Promise<CommandedEngine> {
  const socket = temporarySocket();
  const key = 'k123';
  const [program = '', ...before] = command.argv;
  const served = ['--served-model-name', 'tiny', '--uds', socket.path];
  const child = spawn(program, [...before, command.model, ...served, ...command.more, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...environment, VLLM_API_KEY: key },
  });
  const said = keepLast(child);
  const exited = once(child, 'exit');
  const dispose = async () => {
    killGroup(child.pid ?? 0);
    await exited;
    socket[Symbol.dispose]();
  };
  try {
    await untilHealthy(child, socket.path, AbortSignal.timeout(command.startLimitMs));
  } catch (cause) {
    await dispose();
    throw new Error(`cannot start ${program}: it ended or took too long, and said last:\n${said()}`, { cause });
  }
  return { path: socket.path, key, [Symbol.asyncDispose]: dispose };
}

const environment = {
  HF_HUB_OFFLINE: '1',
  VLLM_CPU_KVCACHE_SPACE: '1',
  VLLM_NO_USAGE_STATS: '1',
  VLLM_ALLOW_RUNTIME_LORA_UPDATING: '1',
  NO_COLOR: '1',
};

function keepLast(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text = (text + part).slice(-4000);
    });
  return () => text;
}

/** Readiness has no event: the socket file exists long before the server listens. */
async function untilHealthy(child: ChildProcess, path: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('the process has ended');
    const answer = await exchange(path, { path: '/health' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') return undefined;
      throw error;
    });
    if (answer?.status === 200) return;
    await systemClock.sleep(100, signal);
  }
}
