// Runs a program as a user does outside this checkout: without variables of pnpm and the test runner in its environment.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import { text } from 'node:stream/consumers';

export interface RunOutsideOptions {
  cwd: string;
  /** The `node` of the program and its children. */
  node?: string;
  env?: Record<string, string>;
}

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export async function runOutside(command: string, args: readonly string[], options: RunOutsideOptions): Promise<Ran> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...outerEnv(options.node), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code: code as number | null, stdout, stderr };
}

function outerEnv(node: string | undefined): NodeJS.ProcessEnv {
  const env = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_)|pnpm_|NODE_(?!EXTRA_CA_CERTS)|VITEST|FAIRLEAD_|TEST$|DEV$|PROD$|MODE$)/i.test(name),
  );
  const path = process.env['PATH'] ?? '';
  return {
    ...Object.fromEntries(env),
    PATH: node ? `${dirname(node)}${delimiter}${path}` : path,
    // npm's update notice would be in the program's output.
    npm_config_update_notifier: 'false',
  };
}
