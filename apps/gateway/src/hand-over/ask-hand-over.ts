// What one process of a gateway asks of another on the same state directory, by the operator's socket.

import { CodedError, errnoOf } from '@fairlead/kit';

import type { GatewayErrorCode } from '../gateway-error.ts';
import { askOperatorSocket } from '../operator/ask-operator-socket.ts';
import type { SettledElsewhere } from './settled-elsewhere.ts';

/** The other process closes its links to publishers meanwhile. */
const handOverTimeoutMs = 30_000;
/** A successor is started meanwhile. */
const restartTimeoutMs = 180_000;
const settledTimeoutMs = 10_000;

/**
 * Resolves when the other process takes no more connections and has given the claim back; at once where there is none. `nowMs`: by the
 * wall clock, which both have. Throws `gateway_restart_failed`, and what asking throws.
 */
export async function askHandOver(stateDir: string, nowMs: number, timeoutMs = handOverTimeoutMs): Promise<void> {
  try {
    await ask(stateDir, { path: `/hand-over?until=${nowMs + timeoutMs}`, timeoutMs });
  } catch (error) {
    // A socket without a process, or none: the claim will say whether the directory is free.
    if (errnoOf(error) !== 'ECONNREFUSED' && errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Throws what asking throws: there may be no successor yet, or no more. */
export async function tellSettled(stateDir: string, settled: readonly SettledElsewhere[]): Promise<void> {
  await ask(stateDir, { path: '/settled', body: JSON.stringify(settled), timeoutMs: settledTimeoutMs });
}

/** Resolves when another process serves. Throws `gateway_restart_failed`. */
export async function askRestart(stateDir: string): Promise<void> {
  await ask(stateDir, { path: '/restart', timeoutMs: restartTimeoutMs });
}

async function ask(stateDir: string, order: { path: string; body?: string; timeoutMs: number }): Promise<void> {
  const { status, text } = await askOperatorSocket(stateDir, { method: 'POST', ...order });
  if (status === 200) return;
  throw new CodedError<GatewayErrorCode>(
    'gateway_restart_failed',
    `cannot replace the process of the gateway because ${text.trim()}: got ${status}`,
    { hint: 'The gateway serves on as it is; its log says more. To start it anew, end it and start it.' },
  );
}
