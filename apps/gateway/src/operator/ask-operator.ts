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
