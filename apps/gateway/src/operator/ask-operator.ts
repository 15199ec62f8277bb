// Asks a gateway that serves for its state.

import { CodedError, errorText } from '@fairlead/kit';

import type { GatewayErrorCode } from '../gateway-error.ts';
import type { GatewayStatus } from './gateway-status.ts';
import { askOperatorSocket } from './ask-operator-socket.ts';

const statusTimeoutMs = 10_000;

/** Throws `gateway_not_serving`. */
export async function askStatus(stateDir: string, timeoutMs = statusTimeoutMs): Promise<GatewayStatus> {
  try {
    const { text } = await askOperatorSocket(stateDir, { method: 'GET', path: '/status', timeoutMs });
    return JSON.parse(text) as GatewayStatus;
  } catch (error) {
    throw new CodedError<GatewayErrorCode>(
      'gateway_not_serving',
      `cannot ask the gateway of ${stateDir} because none answers: got ${errorText(error)}`,
      {
        hint: 'Start it: fairlead gateway serve. One that runs and does not answer may be stopped: continue it, or kill it.',
        cause: error,
      },
    );
  }
}

/** Where a gateway that serves takes publishers. Throws `gateway_not_serving`. */
export async function askDoor(stateDir: string, uid: number): Promise<{ socket: string; uid: number }> {
  const { publisherSocket: socket } = await askStatus(stateDir);
  if (socket !== undefined) return { socket, uid };
  throw new CodedError<GatewayErrorCode>(
    'gateway_not_serving',
    `cannot add a publisher because the gateway of ${stateDir} takes none`,
    { hint: 'Start it with a socket for them: fairlead gateway serve --publishers PATH' },
  );
}
