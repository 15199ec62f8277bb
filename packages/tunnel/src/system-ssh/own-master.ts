// An ssh master of our own: started for one connection, logged in, then without a file and without a name. It ends when
// we say so; when this process is killed, by itself, seconds later (ControlPersist).

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type CodedError, detach, errnoOf, isCodedError, Scope, withTimeLimit } from '@fairlead/kit';

import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { type TunnelErrorCode, tunnelError } from '../tunnel-error.ts';
import { loginError } from './login-error.ts';
import { type MasterLog, openMasterLog } from './master-log.ts';
import { type MasterClient, openMasterClient } from './mux/master-client.ts';
import { noSsh } from './run-ssh.ts';
import { masterArguments, type MasterPlace, type MasterTimes, pinnedName } from './ssh-arguments.ts';
import type { SystemLogin } from './system-login.ts';

export interface Master extends AsyncDisposable {
  /** For questions to the master; `proxy` is for channels. */
  control: MasterClient;
  proxy: MasterClient;
  log: MasterLog;
}

/** sun_path holds 104 bytes or more; ssh adds 17 while it makes the socket. */
const MOST_PATH_BYTES = 86;
const END_LIMIT_MS = 2_000;
const NOTICE_INTERVAL_MS = 200;

export async function openOwnMaster(
  target: SshTarget,
  login: SystemLogin,
  options: { times: MasterTimes; signal: AbortSignal | undefined },
): Promise<Master> {
  await using files = new Scope();
  const scope = new Scope();
  try {
    const place = await makePlace(target, login, files);
    const log = scope.use(await openMasterLog(place.logPath));
    const args = masterArguments(target, login, { place, times: options.times });
    // Whatever became of the attempt: no master of it lives on.
    scope.defer(() => endMasterAt(place.controlPath));
    const said = await logIn(args, { login, log, target, options });
    const { controlPath } = place;
    const control = await openMasterClient(controlPath, options.signal).catch(async (error: unknown) => {
      options.signal?.throwIfAborted();
      if (errnoOf(error) === undefined && !isCodedError(error)) throw error;
      throw await failure(target, login, `${await log.read()}\n${said}`);
    });
    const proxy = scope.use(await openMasterClient(controlPath, options.signal));
    const pid = await control.pid();
    scope.defer(() => endMaster(control, pid));
    return { control, proxy, log, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw options.signal?.aborted ? options.signal.reason : error;
  }
}

async function makePlace(target: SshTarget, login: SystemLogin, files: Scope): Promise<MasterPlace> {
  const prefix = join(tmpdir(), 'fl-ssh-');
  const isShort = Buffer.byteLength(prefix) + 'XXXXXX/c'.length <= MOST_PATH_BYTES;
  const dir = await mkdtemp(isShort ? prefix : '/tmp/fl-ssh-');
  files.defer(() => rm(dir, { recursive: true, force: true }));
  const place = {
    controlPath: join(dir, 'c'),
    logPath: join(dir, 'log'),
    pinsPath: join(dir, 'pins'),
    keyPath: join(dir, 'key'),
  };
  const { hostKeys, auth } = target;
  if (hostKeys.kind === 'pinned') {
    const lines = hostKeys.keys.map((key) => `${pinnedName(login)} ${key.trim()}\n`);
    await writeFile(place.pinsPath, lines.join(''), { mode: 0o600 });
  }
  if (auth.privateKey) await writeFile(place.keyPath, auth.privateKey.reveal(), { mode: 0o600 });
  return place;
}

interface LoggingIn {
  login: SystemLogin;
  log: MasterLog;
  target: SshTarget;
  options: { times: MasterTimes; signal: AbortSignal | undefined };
}

/** Resolves with what ssh said besides its log, when it has logged in or given up. */
async function logIn(args: readonly string[], { login, log, target, options }: LoggingIn): Promise<string> {
  using _terminal = await login.terminal?.take();
  options.signal?.throwIfAborted();
  const child = spawn('ssh', args, {
    env: login.env,
    stdio: ['ignore', 'ignore', login.terminal ? 'inherit' : 'pipe'],
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', (error) => reject(noSsh(error)));
  child.once('exit', () => resolve());
  const said = tailOf(child);
  const onAbort = () => child.kill();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const notices = login.terminal && setInterval(() => detach(passOn(log, login)), NOTICE_INTERVAL_MS);
  try {
    // A person takes the time that a person takes; the server's own limit ends it.
    await (login.terminal
      ? ended
      : withTimeLimit(ended, options.times.connectTimeoutMs, () => tooSlow(target, options.times)));
  } finally {
    clearInterval(notices);
    options.signal?.removeEventListener('abort', onAbort);
    child.kill();
  }
  return said();
}

/** ssh's log has the words that it would have shown, such as the server's instructions for a code. */
async function passOn(log: MasterLog, { terminal }: SystemLogin): Promise<void> {
  for (const line of await log.news()) terminal?.say(line);
}

function tailOf({ stderr }: ChildProcess): () => string {
  let tail = '';
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-8_000);
  });
  return () => tail;
}

async function failure(target: SshTarget, login: SystemLogin, said: string): Promise<CodedError<TunnelErrorCode>> {
  return loginError({
    label: targetLabel(target),
    said,
    isPinned: target.hostKeys.kind === 'pinned',
    mayAsk: login.terminal !== undefined,
  });
}

async function endMasterAt(controlPath: string): Promise<void> {
  try {
    await using left = await openMasterClient(controlPath);
    await endMaster(left, await left.pid());
  } catch (error) {
    // There is none, or it is ending.
    if (errnoOf(error) === undefined && !isCodedError(error)) throw error;
  }
}

async function endMaster(control: MasterClient, pid: number): Promise<void> {
  control.terminate();
  try {
    await withTimeLimit(control.closed, END_LIMIT_MS, () => tunnelError('timeout', 'the ssh master does not end'));
  } catch {
    // It hangs: its socket is open, so the process is still that one.
    process.kill(pid, 'SIGKILL');
    await control.closed;
  }
}

function tooSlow(target: SshTarget, { connectTimeoutMs }: MasterTimes): CodedError<TunnelErrorCode> {
  return tunnelError(
    'timeout',
    `cannot log in to ${targetLabel(target)} because it took more than ${connectTimeoutMs} ms`,
    { hint: 'A firewall may be in the way, a VPN may be needed, or the host may be overloaded.', retryable: true },
  );
}
