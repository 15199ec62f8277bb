// A testbed in the foreground, for scenarios that end it in ways of their own.

import { type ChildProcess, spawn } from 'node:child_process';

/** Resolves when it says that it is up; `argv` is the whole command. */
export async function startUp(argv: readonly string[], options: { cwd?: string } = {}): Promise<ChildProcess> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('Ctrl-C')) resolve();
  });
  child.on('exit', (code) => reject(new Error(`up ended with ${code}`)));
  await promise;
  return child;
}
