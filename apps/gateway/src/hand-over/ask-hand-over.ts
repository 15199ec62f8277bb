// What one process of a gateway asks of another on the same state directory, by the operator's socket.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

import { CodedError, errnoOf } from '@fairlead/kit';

import type { GatewayErrorCode } from '../gateway-error.ts';
import { operatorSocket } from '../operator/operator-server.ts';
import type { SettledElsewhere } from './settled-elsewhere.ts';

/** Resolves when the other process takes no more connections and has given the claim back; at once where there is none. */
export async function askHandOver(stateDir: string): Promise<void> {
  try {
    await ask(stateDir, '/hand-over');
  } catch (error) {
    // A socket without a process, or none: the claim will say whether the directory is free.
    if (errnoOf(error) !== 'ECONNREFUSED' && errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Throws what asking throws: there may be no successor yet, or no more. */
export async function tellSettled(stateDir: string, settled: readonly SettledElsewhere[]): Promise<void> {
  await ask(stateDir, '/settled', JSON.stringify(settled));
}

/** Resolves when another process serves. Throws `gateway_restart_failed`. */
export async function askRestart(stateDir: string): Promise<void> {
  await ask(stateDir, '/restart');
}

async function ask(stateDir: string, path: string, body = ''): Promise<void> {
  const asked = request({ socketPath: operatorSocket(stateDir), method: 'POST', path, agent: false }).end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const said = await text(response);
  if (response.statusCode === 200) return;
  throw new CodedError<GatewayErrorCode>(
    'gateway_restart_failed',
    `cannot replace the process of the gateway because ${said.trim()}: got ${response.statusCode}`,
    { hint: 'The gateway serves on as it is; its log says more. To start it anew, end it and start it.' },
  );
}
