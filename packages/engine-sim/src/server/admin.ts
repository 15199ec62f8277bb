// `--sim-admin`: faults set and cleared over HTTP, without a key. Never part of a deployment.

import { text } from 'node:stream/consumers';
import { errorText } from '@fairlead/kit';
import { type Exchange, respondJson } from './respond.ts';

export interface AdminDeps {
  /** Throws with the reason if the fault cannot be set. */
  setFault(fault: string): void;
  clearFaults(): void;
  stats(): unknown;
}

/** `POST /sim/fault {"fault":"stall:3"}`, `DELETE /sim/fault`, `GET /sim/stats`. */
export async function answerAdmin(
  route: 'sim-fault' | 'sim-stats',
  exchange: Exchange,
  deps: AdminDeps,
): Promise<void> {
  if (route === 'sim-stats') return respondJson(exchange, 200, deps.stats());
  if (exchange.request.method === 'DELETE') {
    deps.clearFaults();
    return respondJson(exchange, 200, { faults: 'cleared' });
  }
  const body = await text(exchange.request);
  try {
    const fault = readFaultField(body);
    deps.setFault(fault);
    respondJson(exchange, 200, { fault });
  } catch (error) {
    respondJson(exchange, 400, { error: errorText(error) });
  }
}

function readFaultField(body: string): string {
  const value: unknown = JSON.parse(body);
  if (typeof value === 'object' && value !== null && 'fault' in value && typeof value.fault === 'string')
    return value.fault;
  throw new TypeError('the body must be {"fault":"<name>[:<argument>]"}');
}
