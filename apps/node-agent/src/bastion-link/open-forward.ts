// One login at the bastion: connect, pass the gate, compare the host, listen on this generation's socket.

import type { Duplex } from 'node:stream';
import { type Clock, errorText, type Log } from '@fairlead/kit';
import { decodeText, gateLine, socketName, type SocketKind } from '@fairlead/protocol';
import { type Gate, listJobKeyFiles, openSsh, type SshConnection, type SshTarget } from '@fairlead/tunnel';
import { agentError } from '../agent-error.ts';

export interface ForwardOptions {
  /** Without a way to log in: the job's keys are it. */
  target: SshTarget;
  jobKeyDir: string;
  kind: SocketKind;
  instanceId: string;
  /** The bastion's own hostname, as recorded at `init`. */
  expectedHost: string;
  generation: number;
  accept: (stream: Duplex) => void;
  clock: Clock;
  log: Log;
}

export interface Forward extends AsyncDisposable {
  /** On the bastion. */
  readonly socketPath: string;
  /** Settles when it is lost: with why. Never rejects. */
  readonly lost: Promise<string>;
}

/** Any word will do: the key's forced command runs the gate whatever is asked for. */
const GATE_COMMAND = 'gate';
const PING_EVERY_MS = 5_000;
const PING_LIMIT_MS = 5_000;

export async function openForward(options: ForwardOptions, signal: AbortSignal): Promise<Forward> {
  const target = { ...options.target, auth: { identityFiles: await listJobKeyFiles(options.jobKeyDir) } };
  const connection = await openSsh(target, { signal, clock: options.clock, log: options.log });
  try {
    const gate = await connection.gate(GATE_COMMAND, { signal });
    const runDir = runDirectory(gate.identityLine, options);
    const socketPath = `${runDir}/${socketName(options.instanceId, options.generation, options.kind)}`;
    await connection.listen(socketPath, options.accept, { signal });
    return watchForward({ connection, gate, socketPath }, options);
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

/** Throws when this is not the host of the record: sockets of two hosts would be two worlds. */
function runDirectory(line: string, { expectedHost, target }: ForwardOptions): string {
  const decoded = decodeText(gateLine, line);
  if (!decoded.ok) {
    throw agentError('gate_refused', `cannot use the gate of ${target.host} because its line ${decoded.message}`, {
      hint: 'Run `fairlead init` again: it puts the gate in place. A login message on the bastion may be in its way.',
      retryable: true,
    });
  }
  if ('error' in decoded.value) {
    const { error, message } = decoded.value;
    throw agentError('gate_refused', `the gate of ${target.host} refuses: ${message ?? error} (${error})`, {
      retryable: true,
    });
  }
  const { host, run } = decoded.value;
  if (host !== expectedHost) {
    throw agentError(
      'wrong_bastion',
      `cannot use ${target.host} because it leads to ${host}: ${expectedHost} was set up`,
      {
        hint: "The name stands for several hosts. Name one of them as the cluster's route to the bastion, and run `fairlead init` again.",
        retryable: true,
      },
    );
  }
  return run;
}

function watchForward(
  opened: { connection: SshConnection; gate: Gate; socketPath: string },
  { clock }: ForwardOptions,
): Forward {
  const { connection, gate, socketPath } = opened;
  const over = new AbortController();
  const closed = connection.closed.then((cause) => (cause ? cause.message : 'it was closed'));
  const gateClosed = gate.closed.then(() => 'the gate closed its channel');
  const lost = Promise.race([closed, silence(gate, clock, over.signal)]).finally(() => over.abort());
  const lostOrGateClosed = Promise.race([lost, gateClosed]);
  return {
    socketPath,
    lost: lostOrGateClosed,
    async [Symbol.asyncDispose]() {
      over.abort();
      await connection[Symbol.asyncDispose]();
    },
  };
}

/** Resolves when the far side no longer echoes: the connection may look alive for long after that. */
async function silence(gate: Gate, clock: Clock, signal: AbortSignal): Promise<string> {
  try {
    for (;;) {
      await clock.sleep(PING_EVERY_MS, signal);
      await gate.ping(PING_LIMIT_MS);
    }
  } catch (error) {
    return errorText(error);
  }
}
