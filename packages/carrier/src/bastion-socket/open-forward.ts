// One login at the bastion, by the first of its routes that serves: connect, pass the gate, compare the host, listen on
// this generation's socket.

import type { Duplex } from 'node:stream';
import { type Clock, CodedError, errorText, type Log } from '@fairlead/kit';
import { socketName, type SocketKind } from '@fairlead/protocol';
import {
  type Gate,
  openFirstRoute,
  type NamedRoute,
  type RouteMemory,
  type RouteTaken,
  type SshConnection,
} from '@fairlead/ssh';
import type { OfferErrorCode } from '../carrier-error.ts';
import { type GateFault, readGateProof } from './gate-proof.ts';

export interface ForwardOptions {
  routes: readonly NamedRoute[];
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

/** The key's forced command runs the gate whatever command the client sends. */
const gateCommand = 'gate';
const pingIntervalMs = 5_000;
const pingTimeoutMs = 5_000;

/** After a refused login, a jump host is not tried again for as long as a bastion is not. */
const deniedMs = 600_000;

/** Resolves when the bastion listens at the socket; the caller disposes it. Throws `gate_refused`, `wrong_bastion`, and the errors of the SSH connection. */
export async function openForward(options: ForwardOptions, signal: AbortSignal): Promise<Forward> {
  const { connection, proof, taken } = await openFirstRoute({
    routes: options.routes,
    memory: options.routeMemory,
    deniedMs,
    signal,
    clock: options.clock,
    log: options.log,
    prove: (opened) => listenThere(opened, options, signal),
    otherHostCodes: ['wrong_bastion'] satisfies OfferErrorCode[],
  });
  return watchForward({ connection, ...proof, route: taken }, options);
}

async function listenThere(
  connection: SshConnection,
  options: ForwardOptions,
  signal: AbortSignal,
): Promise<{ gate: Gate; socketPath: string }> {
  const gate = await connection.gate(gateCommand, { signal });
  const runDir = runDirectory(gate.identityLine, connection.label, options);
  const socketPath = `${runDir}/${socketName(options.instanceId, options.generation, options.kind)}`;
  await connection.listen(socketPath, options.accept, { signal });
  return { gate, socketPath };
}

/** Throws when this is not the host of the record. */
function runDirectory(text: string, label: string, { expectedHost }: ForwardOptions): string {
  const proof = readGateProof(text, { host: expectedHost });
  if (proof.ok) return proof.line.run;
  throw faultError(proof.fault, label, expectedHost);
}

function faultError(fault: GateFault, label: string, expectedHost: string): CodedError<OfferErrorCode> {
  switch (fault.kind) {
    case 'unreadable':
      return new CodedError('gate_refused', `cannot use the gate of ${label} because its line ${fault.why}`, {
        hint: 'Run `fairlead init` again: it puts the gate in place. A login message on the bastion may be in its way.',
        retryable: true,
      });
    case 'refused': {
      const { code, message } = fault;
      return new CodedError('gate_refused', `the gate of ${label} refuses: ${message ?? code} (${code})`, {
        retryable: true,
      });
    }
    case 'other_host':
    case 'other_directory': {
      const found = fault.kind === 'other_host' ? fault.host : fault.runDir;
      return new CodedError(
        'wrong_bastion',
        `cannot use ${label} because it leads to ${found}: ${expectedHost} was set up`,
        {
          hint: "The name stands for several hosts. Name one of them as the cluster's route to the bastion, and run `fairlead init` again.",
          retryable: true,
        },
      );
    }
  }
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

/** Resolves when the gate no longer echoes: the connection may look alive for long after that. */
async function silence(gate: Gate, clock: Clock, signal: AbortSignal): Promise<string> {
  try {
    for (;;) {
      await clock.sleep(pingIntervalMs, signal);
      await gate.ping(pingTimeoutMs);
    }
  } catch (error) {
    return errorText(error);
  }
}
