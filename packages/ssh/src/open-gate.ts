// The gate's channel: one identity line, then an echo that proves that the gate's host is alive, end to end.

import type { Duplex } from 'node:stream';
import { type CodedError, errorText, markHandled, withTimeLimit } from '@fairlead/kit';
import type { WaitOptions } from './connection/ssh-link.ts';
import { StreamLines } from './stream-lines.ts';
import type { ExecChannel, ExecHost } from './open-exec.ts';
import { type SshErrorCode, sshError } from './ssh-error.ts';

export interface Gate extends AsyncDisposable {
  /** The gate's first line of JSON about itself, not parsed. */
  readonly identityLine: string;
  readonly closed: Promise<void>;
  /** Resolves with the round-trip time through the gate in milliseconds. Rejects with `timeout` when no echo comes in time. */
  ping(timeoutMs: number): Promise<number>;
}

const identityTimeoutMs = 15_000;

export async function openGate(host: ExecHost, command: string, wait: WaitOptions = {}): Promise<Gate> {
  const exec = await host.exec(command, wait);
  const { stream } = exec;
  const said = tailOf(exec);
  const lines = new StreamLines(stream);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  stream.once('close', resolve);
  try {
    const identityLine = await withTimeLimit(nextJson(lines), wait.timeoutMs ?? identityTimeoutMs, () =>
      gateError(host, said(), 'it said nothing in time'),
    );
    if (identityLine === undefined) throw gateError(host, said(), await describeEnd(exec));
    return {
      identityLine,
      closed,
      ping: createPing(host, stream, lines),
      async [Symbol.asyncDispose]() {
        stream.destroy();
        await closed;
      },
    };
  } catch (error) {
    stream.destroy();
    throw host.ended.aborted ? host.ended.reason : error;
  }
}

/** Skips the lines that start-up files of the login shell may print first. */
async function nextJson(lines: StreamLines): Promise<string | undefined> {
  let line = await lines.next();
  while (line !== undefined && !line.startsWith('{')) line = await lines.next();
  return line;
}

/** Runs one ping at a time, so that each echo belongs to the ping before it. */
function createPing(host: ExecHost, stream: Duplex, lines: StreamLines): Gate['ping'] {
  let count = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const ping = async (): Promise<number> => {
    const word = `ping ${++count}`;
    const startedMs = host.clock.monotonicMs();
    stream.write(`${word}\n`);
    for (;;) {
      const line = await lines.next();
      if (line === undefined) throw gateError(host, '', 'its channel was closed');
      // Echoes of earlier pings that timed out come first.
      if (line === word) return host.clock.monotonicMs() - startedMs;
    }
  };
  return (timeoutMs) => {
    const mine = turn.then(ping, ping);
    turn = mine;
    // A ping that timed out may reject later, when no caller waits for it.
    markHandled(mine);
    return withTimeLimit(mine, timeoutMs, () =>
      sshError('timeout', `the gate of ${host.label} gave no echo within ${timeoutMs} ms`, { retryable: true }),
    );
  };
}

function tailOf({ stderr }: ExecChannel): () => string {
  let tail = '';
  stderr.setEncoding('utf8');
  stderr.on('data', (text: string) => {
    tail = (tail + text).slice(-2_000);
  });
  return () => tail.trim();
}

async function describeEnd({ exited }: ExecChannel): Promise<string> {
  try {
    const { code, signal } = await exited;
    return `it ended with ${signal ?? `code ${code}`} before it said who it is`;
  } catch (error) {
    return errorText(error);
  }
}

function gateError(host: ExecHost, stderr: string, why: string): CodedError<SshErrorCode> {
  const said = stderr === '' ? '' : `; it said: ${stderr}`;
  return sshError('gate_failed', `cannot use the gate on ${host.label}: ${why}${said}`, {
    hint: 'The gate may be missing or not executable: `fairlead init` installs it again. Or the login shell there runs another program (exec tmux), which it must not do without a terminal.',
    retryable: true,
  });
}
