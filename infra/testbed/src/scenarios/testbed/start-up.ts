// Starts a testbed in the foreground, for scenarios that test how it ends.

import { type ChildProcess, spawn } from 'node:child_process';

/** Resolves when the testbed says that it is up; `argv` is the whole command. The caller ends the process. */
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
