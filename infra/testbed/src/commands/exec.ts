// `exec`: runs a command in a host with this process's stdin, stdout and stderr; passes signals to the command and exits with its exit code.

import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { errnoOf } from '@fairlead/kit';
import type { EnterOptions } from '../hosts/enter.ts';
import { TestbedError } from '../errors.ts';
import type { TestbedHandle } from '../testbed.ts';

export interface ExecCommandOptions {
  user: string;
  cwd?: string;
  env: string[];
}

export async function execCommand(
  testbed: TestbedHandle,
  host: string,
  argv: readonly string[],
  options: ExecCommandOptions,
): Promise<number> {
  const onTerminal = process.stdin.isTTY === true;
  const words = argv.length > 0 ? argv : ['bash', '-l'];
  // On a terminal the command stays in the terminal's foreground group, to which the terminal sends Ctrl-C.
  const child = testbed.spawn(host, words, { ...enterOptions(options), stdio: 'inherit', detached: !onTerminal });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('error', reject);
  child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  for (const name of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const) {
    process.on(name, () => passOn(child, name, onTerminal));
  }
  return promise;
}

function enterOptions(options: ExecCommandOptions): EnterOptions {
  const env: Record<string, string> = process.env['TERM'] ? { TERM: process.env['TERM'] } : {};
  for (const pair of options.env) {
    const at = pair.indexOf('=');
    if (at < 1) throw new TestbedError('bad_option', `cannot set "${pair}": it is not NAME=value`);
    env[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return { user: options.user, env, ...(options.cwd === undefined ? {} : { cwd: options.cwd }) };
}

function passOn(child: ChildProcess, signal: NodeJS.Signals, onTerminal: boolean): void {
  if (child.pid === undefined) return;
  try {
    if (!onTerminal) process.kill(-child.pid, signal);
    else if (signal === 'SIGTERM' || signal === 'SIGHUP') process.kill(commandOf(child.pid), signal);
  } catch (error) {
    // The command has just ended: its exit code follows.
    if (errnoOf(error) !== 'ESRCH' && errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** The command: the only child of the shell that waits for it. */
function commandOf(shell: number): number {
  return Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').split(' ')[0]) || shell;
}
