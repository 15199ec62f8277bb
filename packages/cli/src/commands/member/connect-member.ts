// `fairlead connect` of a member: holds a local port that leads to the gateway, with the member's key, until Ctrl-C.

import { defined, untilAborted } from '@fairlead/kit';

import type { Context } from '../../context.ts';
import { type ConnectArgs, warnOfRisks } from '../connect.ts';
import { taskOf } from '../model-task.ts';
import { examplesText } from '../ready-text.ts';
import type { JoinedGateway } from './pick-gateway.ts';

export async function runConnectMember(gateway: JoinedGateway, args: ConnectArgs, context: Context): Promise<void> {
  const { output, signal } = context;
  const { name, port = 'next', bind, allowOrigin } = args;
  output.busy(`asking ${gateway.name} for ${name}`);
  await using connection = await gateway.connect(name, { port, ...defined({ bind, allowOrigins: allowOrigin }) });
  warnOfRisks(args, context);
  const { baseURL, apiKey, servedModel } = connection;
  const task = await taskOf([servedModel], context);
  output.result(
    { event: 'connected', ok: true, name, baseUrl: baseURL, apiKey, servedModel, gateway: gateway.name },
    `${name} of ${gateway.name} answers at ${baseURL}. Ctrl-C closes the port.\n\n${examplesText({ baseUrl: baseURL, model: servedModel, name, task })}`,
  );
  try {
    await untilAborted(new Promise<never>(() => undefined), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    output.event('connection.ended', { ok: false, name, reason: 'interrupted' });
  }
}
