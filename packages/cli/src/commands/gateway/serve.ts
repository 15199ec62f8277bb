// `fairlead gateway serve`: the gateway in the foreground, until Ctrl-C.

import { resolve } from 'node:path';

import { defined } from '@fairlead/kit';

import { ensureProfile } from '../../bastion/ensure-profile.ts';
import type { Context } from '../../context.ts';
import { gatewayEnded, GatewayProcesses } from './gateway-processes.ts';
import { flagWords, gatewayStateDir } from './gateway-program.ts';

export interface ServeArgs {
  port: number;
  socket?: string;
  url?: string;
  metricsPort?: number;
  publishers?: string;
  /** False: only what others publish, and upstreams. */
  own: boolean;
  state?: string;
}

export async function runGatewayServe(
  { port, socket, url, metricsPort, publishers, own, state }: ServeArgs,
  context: Context,
): Promise<void> {
  const { output } = context;
  if (own) await ensureProfile(context);
  output.busy('opening the gateway');
  const listen = socket === undefined ? { port } : { socket: resolve(context.cwd, socket) };
  const words = [
    'serve',
    ...flagWords({
      state: gatewayStateDir(state, context),
      ...listen,
      url,
      'metrics-port': metricsPort,
      publishers: publishers === undefined ? undefined : resolve(context.cwd, publishers),
      'log-level': 'warn',
    }),
    ...(own ? [] : ['--no-own']),
  ];
  const processes = new GatewayProcesses({
    words,
    context,
    onProblem: (text) => output.warn(text),
    onListening: ({ address, metricsPort: told }) =>
      output.event(
        'gateway.listening',
        { ok: true, address, ...defined({ metricsPort: told }) },
        `the gateway listens at ${address}; Ctrl-C ends it`,
      ),
  });
  const last = await processes.run();
  if (!context.signal.aborted) throw gatewayEnded(last);
  output.event('gateway.stopped', { ok: true }, 'the gateway has ended');
}
