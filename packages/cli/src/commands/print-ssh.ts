// `fairlead connect <name> --print-ssh`: the line of the system's own ssh that holds a port to the endpoint which answers now.

import { pickReachable } from '@fairlead/client';
import { CodedError, shellJoin } from '@fairlead/kit';
import { isBastionSocket, type ReachableEndpoint } from '@fairlead/protocol';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { sshLine } from './ssh-line.ts';

export interface PrintSshArgs {
  name: string;
  port?: number | undefined;
  bind?: string | undefined;
}

const [defaultBind, defaultPort] = ['127.0.0.1', 18_000];

export async function runPrintSsh(args: PrintSshArgs, context: Context): Promise<void> {
  const { name, port = defaultPort, bind = defaultBind } = args;
  await using session = await openCliSession(context);
  const endpoint = pickReachable(await session.api.endpoints(name, context.signal));
  const socket = plainSocketOf(name, endpoint);
  const { link } = session;
  const routes = link.profile.bastion.routes;
  const route = routes[link.route?.index ?? 0] ?? routes[0]!;
  const line = shellJoin(sshLine({ route, socket, bind, port, home: context.home }));
  const baseUrl = `http://${bind.includes(':') ? `[${bind}]` : bind}:${port}/v1`;
  context.output.progress(
    `it holds ${baseUrl} until Ctrl-C; \`fairlead open ${name} --show-key\` shows the key. When the tunnel of ${name} comes up again its socket has another name: print the line anew then`,
  );
  context.output.result({ event: 'ssh.printed', ok: true, name, line, socket, baseUrl }, line);
}

function plainSocketOf(name: string, endpoint: ReachableEndpoint | undefined): string {
  if (endpoint?.endToEnd?.plain === false)
    throw refused(
      `cannot reach ${name} by ssh alone because it takes requests with end-to-end encryption only (plain: false)`,
      `Use \`fairlead connect ${name}\`.`,
    );
  if (!endpoint || !isBastionSocket(endpoint.address))
    throw refused(
      `cannot print a line of ssh for ${name} because it answers at no socket of the bastion`,
      `Use \`fairlead connect ${name}\`.`,
    );
  return endpoint.address.socket;
}

function refused(message: string, hint: string): CodedError<CliErrorCode> {
  return new CodedError('usage', message, { hint });
}
