// Whether the bastion forwards unix sockets both ways: proven by doing it, on sockets in a directory of a moment.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type Duplex, pipeline } from 'node:stream';

import { type Clock, CodedError, errorText, isCodedError, shellQuote, withTimeLimit } from '@fairlead/kit';
import type { SshConnection, SshErrorCode } from '@fairlead/ssh';

import { fail, type Finding, passed, warn } from '../check.ts';

export interface ForwardingFacts {
  listen: Outcome;
  /** Absent where nothing could be listened on. */
  dial?: Outcome;
  /** Whether a second listener was given the path of a socket that was left behind. */
  replaces?: boolean;
}

export type Outcome = { ok: true; roundTripMs: number } | { ok: false; error: unknown };

const timeoutMs = 10_000;
const sshdTodo =
  'Its operator must allow it for this account, in sshd_config there: AllowStreamLocalForwarding yes, DisableForwarding no (also within Match blocks); the key in authorized_keys must not say `restrict` or `no-port-forwarding`.';

export interface Trying {
  clock: Clock;
  signal: AbortSignal;
}

export async function tryForwarding(connection: SshConnection, trying: Trying): Promise<ForwardingFacts> {
  const { signal } = trying;
  const made = await connection.run('mktemp -d /tmp/fl-doctor.XXXXXXXX', { signal });
  const folder = made.stdout.trim().split('\n').at(-1) ?? '';
  if (made.code !== 0 || !folder.startsWith('/'))
    throw new CodedError('remote_unfit', `cannot make a directory in /tmp there: ${made.stderr.trim()}`, {
      hint: 'Is /tmp of the bastion full or read-only?',
    });
  try {
    return await forwardBothWays(connection, `${folder}/s.sock`, trying);
  } finally {
    await remove(connection, folder);
  }
}

/** Not under the signal: an interrupt must not leave the folder behind. */
async function remove(connection: SshConnection, folder: string): Promise<void> {
  try {
    await connection.run(`rm -rf ${shellQuote(folder)}`);
  } catch (error) {
    // What was found counts, although the folder stays: the connection is lost, or the server starts no more commands.
    if (!isCodedError<SshErrorCode>(error, 'connection_lost', 'timeout', 'remote_command_failed')) throw error;
  }
}

async function forwardBothWays(connection: SshConnection, path: string, trying: Trying): Promise<ForwardingFacts> {
  const { clock, signal } = trying;
  const started = clock.monotonicMs();
  const facts: ForwardingFacts = { listen: { ok: false, error: undefined } };
  try {
    await using _listening = await connection.listen(path, echo, { signal, timeoutMs });
    facts.listen = { ok: true, roundTripMs: clock.monotonicMs() - started };
    facts.dial = await dialEcho(connection, path, trying);
  } catch (error) {
    signal.throwIfAborted();
    return { ...facts, listen: { ok: false, error } };
  }
  // sshd leaves the file behind; a second listener gets its place only with StreamLocalBindUnlink.
  const left = await connection.run(`test -S ${shellQuote(path)}`, { signal });
  if (left.code !== 0) return facts;
  return { ...facts, replaces: await canListen(connection, path, signal) };
}

/** The other end of the socket: what comes in goes back. */
function echo(stream: Duplex): void {
  // How it ends is the asker's business: what the asker reads is compared, and both ends are closed with the connection.
  pipeline(stream, stream, () => undefined);
}

async function dialEcho(connection: SshConnection, path: string, { clock, signal }: Trying): Promise<Outcome> {
  const started = clock.monotonicMs();
  const word = randomBytes(12).toString('hex');
  try {
    const stream = await connection.dial(path, { signal, timeoutMs });
    try {
      stream.on('error', () => stream.destroy());
      stream.write(word);
      const [chunk] = (await withTimeLimit(once(stream, 'data', { signal }), timeoutMs, () => silence())) as [Buffer];
      if (String(chunk) !== word) throw new CodedError('protocol', `the socket answered with something else`);
      return { ok: true, roundTripMs: clock.monotonicMs() - started };
    } finally {
      stream.destroy();
    }
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, error };
  }
}

function silence(): CodedError<SshErrorCode> {
  return new CodedError('timeout', 'the channel was opened, and nothing came through it in 10 s');
}

async function canListen(connection: SshConnection, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    await using _again = await connection.listen(path, echo, { signal, timeoutMs });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (isCodedError(error)) return false;
    throw error;
  }
}

export function judgeListen({ listen }: ForwardingFacts): Finding {
  if (listen.ok) return passed(`it listened on a socket for us (${listen.roundTripMs.toFixed(0)} ms)`);
  // Its directory was made a moment before and is empty: a refusal is a rule, whatever the server calls it.
  return fail(`it does not listen on a unix socket for us: ${errorText(listen.error)}`, sshdTodo);
}

export function judgeDial({ dial }: ForwardingFacts): Finding {
  if (!dial) return { status: 'skipped', found: 'skipped because there was no socket to connect to' };
  if (dial.ok) return passed(`a word went through it and came back (${dial.roundTripMs.toFixed(0)} ms)`);
  return fail(`it does not connect us to a unix socket: ${errorText(dial.error)}`, sshdTodo);
}

export function judgeReplaces({ replaces }: ForwardingFacts): Finding {
  if (replaces === undefined) return passed('the server removes its sockets by itself');
  if (!replaces) return passed('a socket that was left behind is not replaced');
  return warn(
    'StreamLocalBindUnlink is on: a listener replaced a socket that was there',
    "A leaked job key could replace any file of this account by a socket. Ask the operator for `StreamLocalBindUnlink no` (sshd's default); Fairlead never needs it.",
  );
}
