// Starts ssh as a master and waits until it has logged in or given up. ssh asks the user at the terminal if there is one.

import { type ChildProcess, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { basename } from 'node:path';

import { detach, untilAborted, withTimeLimit } from '@fairlead/kit';

import { sshError } from '../ssh-error.ts';
import type { MasterLog } from './master-log.ts';
import { noSsh } from './run-ssh.ts';
import type { MasterPlace } from './ssh-arguments.ts';
import type { SystemLogin } from './system-login.ts';

export interface StartOptions {
  place: MasterPlace;
  login: SystemLogin;
  log: MasterLog;
  /** For a login without a terminal. Only the server limits a login that asks the user. */
  timeLimitMs: number;
  signal: AbortSignal | undefined;
}

export interface StartedMaster {
  /** Resolves when the started process has ended: the master runs on in the background, or the login failed. */
  exited: Promise<void>;
  /** Resolves with the process's stderr, which is not in its log. */
  said(): Promise<string>;
}

const noticeIntervalMs = 200;
const lastWordsMs = 500;

/** Resolves when the control socket exists, or when the process has ended without one. Kills the process when the limit is over or the signal fires. */
export async function startMaster(args: readonly string[], options: StartOptions): Promise<StartedMaster> {
  const { place, login, log, signal } = options;
  using _terminal = await login.terminal?.take();
  signal?.throwIfAborted();
  const { promise: isListening, resolve } = Promise.withResolvers<void>();
  const watcher = watch(place.dir, (_event, name) => {
    if (name === basename(place.controlPath)) resolve();
  });
  const child = spawn('ssh', args, {
    env: login.env,
    stdio: ['ignore', 'ignore', login.terminal ? 'inherit' : 'pipe'],
  });
  const exited = exitOf(child);
  const said = tailOf(child);
  const notices = login.terminal && setInterval(() => detach(passOn(log, login)), noticeIntervalMs);
  try {
    const settled = untilAborted(Promise.race([isListening, exited]), signal);
    await (login.terminal ? settled : withTimeLimit(settled, options.timeLimitMs, () => tooSlow(login, options)));
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    clearInterval(notices);
    watcher.close();
  }
  return { exited, said };
}

function exitOf(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', (error) => reject(noSsh(error)));
  child.once('exit', () => resolve());
  return promise;
}

/** Shows the words from ssh's log that ssh would have shown itself, such as the server's instructions for a code. */
async function passOn(log: MasterLog, { terminal }: SystemLogin): Promise<void> {
  for (const line of await log.news()) terminal?.say(line);
}

function tailOf(child: ChildProcess): () => Promise<string> {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-8_000);
  });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  child.once('close', () => resolve());
  return async () => {
    // A ProxyCommand may keep the stream open.
    const timer = setTimeout(resolve, lastWordsMs);
    await closed;
    clearTimeout(timer);
    return tail;
  };
}

function tooSlow({ name }: SystemLogin, { timeLimitMs }: StartOptions) {
  return sshError('timeout', `cannot log in to ${name} because it took more than ${timeLimitMs} ms`, {
    hint: 'A firewall may be in the way, a VPN may be needed, or the host may be overloaded.',
    retryable: true,
  });
}
