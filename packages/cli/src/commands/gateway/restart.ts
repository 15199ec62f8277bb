// `fairlead gateway restart`: another process takes the place of the one that serves; requests that run end where they are.

import type { Context } from '../../context.ts';
import { askGateway, gatewayStateDir } from './gateway-program.ts';

export async function runGatewayRestart({ state }: { state?: string }, context: Context): Promise<void> {
  context.output.busy('starting another process of the gateway');
  const line = await askGateway('gateway.restarted', ['restart', '--state', gatewayStateDir(state, context)], context);
  context.output.result(
    line,
    `Another process of the gateway serves at ${line.address}. Requests of the last one end by themselves.`,
  );
}
