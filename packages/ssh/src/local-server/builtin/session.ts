// The builtin server's sessions. The user's shell runs one command in each; a key's forced command takes its place.

import { errnoOf } from '@fairlead/kit';
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ServerChannel, Session } from 'ssh2';
import { ChannelStream, type Congestion } from '../../connection/channel-stream.ts';

export interface SessionContext {
  shell: string;
  home: string;
  env: Readonly<Record<string, string>>;
  forcedCommand: string | undefined;
  congestion: Congestion;
  /** The process groups of running commands; the session adds and removes its own. */
  groups: Set<number>;
}

export function serveSession(session: Session, context: SessionContext): void {
  session.on('pty', (_accept, reject) => reject?.());
  session.on('env', (_accept, reject) => reject?.());
  session.on('subsystem', (_accept, reject) => reject?.());
  session.on('exec', (accept, _reject, { command }) => {
    const channel = accept();
    startCommand(channel, session, { ...context, command: context.forcedCommand ?? command, asked: command });
  });
  session.on('shell', (accept, reject) => {
    // The server has no interactive shell; a forced command runs in its place.
    const { forcedCommand } = context;
    if (forcedCommand === undefined) return reject?.();
    startCommand(accept(), session, { ...context, command: forcedCommand, asked: '' });
  });
}

interface CommandContext extends SessionContext {
  command: string;
  asked: string;
}

function startCommand(channel: ServerChannel, session: Session, context: CommandContext): void {
  const { shell, home, env, command, asked, groups } = context;
  const child = spawn(shell, ['-c', command], {
    cwd: home,
    env: { ...env, ...(context.forcedCommand !== undefined && { SSH_ORIGINAL_COMMAND: asked }) },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  const kill = (signal: NodeJS.Signals) => void signalGroup(pid, signal);
  if (pid !== undefined) groups.add(pid);
  const stream = new ChannelStream(channel, context.congestion, 'peer-closes');
  session.on('signal', (accept, _reject, { name }) => {
    accept?.();
    if (name === 'TERM' || name === 'INT' || name === 'KILL') kill(`SIG${name}`);
  });
  carry(stream, child.stdin);
  stream.once('end', () => child.stdin.end());
  carry(child.stdout, stream);
  carry(child.stderr, channel.stderr);
  stream.once('close', () => kill('SIGHUP'));
  child.once('error', () => stream.destroy());
  child.once('close', (code, signal) => {
    if (pid !== undefined) groups.delete(pid);
    if (signal === null) channel.exit(code ?? 255);
    else channel.exit(signal.slice(3));
    // ssh2 sends an exit status only before the end of data.
    stream.end(() => stream.destroy());
  });
}

/** False when the group has ended already. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    // macOS fails with EPERM for a group that has only zombies.
    if (errnoOf(error) !== 'ESRCH' && errnoOf(error) !== 'EPERM') throw error;
    return false;
  }
}

/** Carries one direction of a session; discards what arrives after `to` has closed. */
function carry(from: Readable, to: Writable): void {
  from.on('data', (chunk: Buffer) => {
    if (to.writable && !to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  to.on('close', () => from.resume());
  // EPIPE: the command ended without reading its input.
  to.on('error', () => from.resume());
}
