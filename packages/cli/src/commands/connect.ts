// `fairlead connect <name>`: holds a local port open until Ctrl-C and follows the deployment to its next generations.

import { connect, type Connection, type ConnectionEvent, type Endpoint, isOpenToOthers } from '@fairlead/client';
import { defined, untilAborted } from '@fairlead/kit';

import { sayRoute } from '../bastion/say-route.ts';
import type { Context } from '../context.ts';
import { ensureHeldProfile } from '../bastion/ensure-held-profile.ts';
import { sessionOptions } from '../session-options.ts';
import { pickGateway } from './member/pick-gateway.ts';
import { sayOutage } from './say-outage.ts';
import { leftWords } from './instance-words.ts';
import { type Task, taskOf } from './model-task.ts';
import { examplesText } from './ready-text.ts';

export interface ConnectArgs {
  name: string;
  port?: number | undefined;
  bind?: string | undefined;
  allowOrigin?: readonly string[] | undefined;
  mux?: boolean | undefined;
  /** Of a gateway that this machine has joined. */
  gateway?: string | undefined;
}

export async function runConnect(args: ConnectArgs, context: Context): Promise<void> {
  const { output } = context;
  const gateway = await pickGateway(args.gateway, context);
  if (gateway) return (await import('./member/connect-member.ts')).runConnectMember(gateway, args, context);
  await ensureHeldProfile(context);
  output.busy(`connecting to ${args.name}`);
  let apiKey: string | undefined;
  const onEvent = (event: ConnectionEvent) => {
    if (event.type === 'endpoint.up' && event.endpoint.apiKey !== apiKey) {
      if (apiKey !== undefined) sayNewKey(args.name, event.endpoint, context);
      apiKey = event.endpoint.apiKey;
    } else say(event, context);
  };
  await using connection = await connect(args.name, {
    ...sessionOptions(context),
    ...defined({ port: args.port, bind: args.bind, allowOrigins: args.allowOrigin, mux: args.mux }),
    onEvent,
  });
  warnOfRisks(args, context);
  announce(args.name, connection, { context, task: await taskOf([connection.servedModel], context) });
  try {
    await untilAborted(connection.ended, context.signal);
    output.event('connection.ended', { ok: true, name: args.name }, `${args.name} has ended; closing the port`);
  } catch (error) {
    if (!context.signal.aborted) throw error;
    output.event('connection.ended', { ok: false, name: args.name, reason: 'interrupted' });
  }
}

/** Says which programs a chosen --bind or --allow-origin lets in. */
export function warnOfRisks({ bind, allowOrigin = [] }: ConnectArgs, { output }: Context): void {
  if (bind !== undefined && isOpenToOthers(bind)) {
    output.warn(
      `the port listens on ${bind}: every machine, container and user that reaches this address can send requests. They need the key, and prompts, answers and the key travel there unencrypted.`,
    );
  }
  if (allowOrigin.includes('*')) {
    output.warn('every web page that you open can send requests to the port; those that know the key are answered.');
  }
}

function announce(name: string, connection: Connection, { context, task }: { context: Context; task: Task }): void {
  const { output } = context;
  const { baseURL, apiKey, servedModel, endpoint } = connection;
  const until =
    endpoint.deadlineMs === undefined ? '' : `, ${leftWords(endpoint.deadlineMs, context.clock.now())} left`;
  output.result(
    {
      event: 'connected',
      ok: true,
      name,
      baseUrl: baseURL,
      apiKey,
      servedModel,
      instance: endpoint.instanceId,
      generation: endpoint.generation,
      endToEnd: endpoint.isEndToEnd,
    },
    `${name} answers at ${baseURL} (model ${servedModel}${until}${endpoint.isEndToEnd ? ', encrypted from end to end' : ''}). Ctrl-C closes the port; the job goes on.\n\n${examplesText({ baseUrl: baseURL, model: servedModel, name, task })}`,
  );
}

/** A deployment that is made again under its name has a new key: the front answers 401 to the old one. */
function sayNewKey(name: string, { apiKey, servedModel, generation, instanceId }: Endpoint, { output }: Context): void {
  output.event(
    'endpoint.up',
    { generation, instance: instanceId, servedModel, apiKey },
    `${name} was deployed anew and answers again, with a new key: see \`fairlead connect ${name} --json\``,
  );
}

function say(event: ConnectionEvent, context: Context): void {
  const { output } = context;
  switch (event.type) {
    case 'endpoint.up':
      // The first one is announced by itself, once the path is proven.
      if (event.again)
        output.event(
          'endpoint.up',
          { generation: event.endpoint.generation, instance: event.endpoint.instanceId },
          `the path is up again (generation ${event.endpoint.generation})`,
        );
      return;
    case 'endpoint.down':
      return output.event(
        'endpoint.down',
        { reason: event.reason },
        `the path is down: ${event.reason}; waiting for the next one`,
      );
    case 'control.lost':
      return output.event(
        'control.lost',
        { reason: event.reason },
        `lost sight of control (${event.reason}); requests go on, trying again`,
      );
    case 'control.back':
      return output.event('control.back', {}, 'control is back');
    case 'requests.paused':
    case 'requests.resumed':
    case 'requests.lost':
      return sayOutage(event, output);
    case 'route.taken':
      return sayRoute(event.route, context);
    case 'deployment.ended':
      return;
  }
}
