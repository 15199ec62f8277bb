// Replaces the process of a gateway that serves, and waits for its successor.

import { type Clock, CodedError, isCodedError } from '@fairlead/kit';

import type { GatewayErrorCode } from '../gateway-error.ts';
import type { GatewayStatus } from '../operator/gateway-status.ts';
import { askStatus } from '../operator/ask-operator.ts';
import { askRestart } from './ask-hand-over.ts';

const lookMs = 100;
/** It has listened before the other one let go: what is left takes tenths of a second. */
const maxLooks = 300;

/** Throws `gateway_not_serving` and `gateway_restart_failed`. */
export async function restartGateway(stateDir: string, clock: Clock): Promise<{ address: string; startedMs: number }> {
  const before = await askStatus(stateDir);
  await askRestart(stateDir);
  for (let looks = 0; looks < maxLooks; looks += 1) {
    const now = await statusIfServing(stateDir);
    if (now && now.startedMs !== before.startedMs) return { address: now.address, startedMs: now.startedMs };
    await clock.sleep(lookMs);
  }
  throw new CodedError<GatewayErrorCode>(
    'gateway_restart_failed',
    `cannot say that the gateway of ${stateDir} was replaced because its successor does not answer: got nothing for ${(lookMs * maxLooks) / 1_000} s`,
    { hint: 'See what `fairlead gateway serve` said.' },
  );
}

/** Between the two processes none answers. */
async function statusIfServing(stateDir: string): Promise<GatewayStatus | undefined> {
  try {
    return await askStatus(stateDir);
  } catch (error) {
    if (isCodedError(error, 'gateway_not_serving')) return undefined;
    throw error;
  }
}
