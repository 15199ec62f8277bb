// `fairlead gateway serve`: the gateway in the foreground, until Ctrl-C.

import { resolve } from 'node:path';

import { CodedError, defined } from '@fairlead/kit';

import { ensureProfile } from '../../bastion/ensure-profile.ts';
import type { CliErrorCode } from '../../cli-error.ts';
import type { Context } from '../../context.ts';
import { eachLine, flagWords, gatewayStateDir, readGatewayLine, startGateway } from './gateway-program.ts';

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
  const child = await startGateway(words, context);
  const problems: string[] = [];
  child.stderr!.on('data', (piece) => {
    const text = String(piece).trimEnd();
    problems.push(text);
    if (isUp) output.warn(text);
  });
  // A Ctrl-C of a terminal reaches it too; a second signal changes nothing.
  const onAbort = () => child.kill('SIGTERM');
  context.signal.addEventListener('abort', onAbort, { once: true });
  let isUp = false;
  let failure: unknown;
  const code = await eachLine(child, (line) => {
    try {
      const { address, metricsPort: told } = readGatewayLine('gateway.listening', line, problems.join('\n'));
      isUp = true;
      output.event(
        'gateway.listening',
        { ok: true, address, ...defined({ metricsPort: told }) },
        `the gateway listens at ${address}; Ctrl-C ends it`,
      );
    } catch (error) {
      failure = error;
    }
  });
  context.signal.removeEventListener('abort', onAbort);
  if (failure) throw failure;
  if (code !== 0 || !context.signal.aborted)
    throw new CodedError<CliErrorCode>('gateway_failed', `the gateway has ended: ${problems.join('\n').slice(-500)}`, {
      hint: 'Start it again; if it ends again, report it with this message.',
    });
  output.event('gateway.stopped', { ok: true }, 'the gateway has ended');
}
