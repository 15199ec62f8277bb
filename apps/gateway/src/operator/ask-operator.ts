// Asks a gateway that serves for its state.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

import { CodedError, errorText } from '@fairlead/kit';

import type { GatewayErrorCode } from '../gateway-error.ts';
import type { GatewayStatus } from './gateway-status.ts';
import { operatorSocket } from './operator-server.ts';

/** Throws `gateway_not_serving`. */
export async function askStatus(stateDir: string): Promise<GatewayStatus> {
  const asked = request({ socketPath: operatorSocket(stateDir), path: '/status', agent: false }).end();
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return JSON.parse(await text(response)) as GatewayStatus;
  } catch (error) {
    throw new CodedError<GatewayErrorCode>(
      'gateway_not_serving',
      `cannot ask the gateway of ${stateDir} because none serves it: got ${errorText(error)}`,
      { hint: 'Start it: fairlead gateway serve', cause: error },
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
