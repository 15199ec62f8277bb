// One login at the bastion, by the first of its routes that serves: connect, pass the gate, compare the host, listen on
// this generation's socket.

import type { Duplex } from 'node:stream';
import { type Clock, errorText, type Log } from '@fairlead/kit';
import { decodeText, gateLine, socketName, type SocketKind } from '@fairlead/protocol';
import {
  type Gate,
  openFirstRoute,
  type Route,
  type RouteMemory,
  type RouteTaken,
  type SshConnection,
} from '@fairlead/tunnel';
import { agentError } from '../agent-error.ts';

export interface ForwardOptions {
  routes: readonly Route[];
  routeMemory: RouteMemory;
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
  readonly route: RouteTaken;
  /** Settles when it is lost: with why. Never rejects. */
  readonly lost: Promise<string>;
}

/** Any word will do: the key's forced command runs the gate whatever is asked for. */
const GATE_COMMAND = 'gate';
const PING_EVERY_MS = 5_000;
const PING_LIMIT_MS = 5_000;

/** After a refused login a jump host is left alone for as long as a bastion is. */
const DENIED_MS = 600_000;

export async function openForward(options: ForwardOptions, signal: AbortSignal): Promise<Forward> {
  const { connection, proof, taken } = await openFirstRoute({
    routes: options.routes,
    memory: options.routeMemory,
    deniedMs: DENIED_MS,
    signal,
    clock: options.clock,
    log: options.log,
    prove: (opened) => listenThere(opened, options, signal),
  });
  return watchForward({ connection, ...proof, route: taken }, options);
}

async function listenThere(
  connection: SshConnection,
  options: ForwardOptions,
  signal: AbortSignal,
): Promise<{ gate: Gate; socketPath: string }> {
  const gate = await connection.gate(GATE_COMMAND, { signal });
  const runDir = runDirectory(gate.identityLine, connection.label, options);
  const socketPath = `${runDir}/${socketName(options.instanceId, options.generation, options.kind)}`;
  await connection.listen(socketPath, options.accept, { signal });
  return { gate, socketPath };
}

/** Throws when this is not the host of the record: sockets of two hosts would be two worlds. */
function runDirectory(line: string, label: string, { expectedHost }: ForwardOptions): string {
  const decoded = decodeText(gateLine, line);
  if (!decoded.ok) {
    throw agentError('gate_refused', `cannot use the gate of ${label} because its line ${decoded.message}`, {
      hint: 'Run `fairlead init` again: it puts the gate in place. A login message on the bastion may be in its way.',
      retryable: true,
    });
  }
  if ('error' in decoded.value) {
    const { error, message } = decoded.value;
    throw agentError('gate_refused', `the gate of ${label} refuses: ${message ?? error} (${error})`, {
      retryable: true,
    });
  }
  const { host, run } = decoded.value;
  if (host !== expectedHost) {
    throw agentError('wrong_bastion', `cannot use ${label} because it leads to ${host}: ${expectedHost} was set up`, {
      hint: "The name stands for several hosts. Name one of them as the cluster's route to the bastion, and run `fairlead init` again.",
      retryable: true,
    });
  }
  return run;
}

function watchForward(
  opened: { connection: SshConnection; gate: Gate; socketPath: string; route: RouteTaken },
  { clock }: ForwardOptions,
): Forward {
  const { connection, gate, socketPath, route } = opened;
  const over = new AbortController();
  const closed = connection.closed.then((cause) => (cause ? cause.message : 'it was closed'));
  const gateClosed = gate.closed.then(() => 'the gate closed its channel');
  const lost = Promise.race([closed, silence(gate, clock, over.signal)]).finally(() => over.abort());
  const lostOrGateClosed = Promise.race([lost, gateClosed]);
  return {
    socketPath,
    route,
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
