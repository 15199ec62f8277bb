// `fairlead open <name>`: how to use this deployment from wherever people use models, with its own values, ready to paste.

import { defined } from '@fairlead/kit';
import { pickReachable } from '@fairlead/client';
import { leadInstance } from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { stateWords } from './instance-words.ts';
import { taskOf } from './model-task.ts';
import { openExamples, renderExamples } from './open-examples.ts';

export async function runOpen(args: { name: string; port: number; showKey: boolean }, context: Context): Promise<void> {
  const { name, port } = args;
  await using session = await openCliSession(context);
  const deployment = await session.api.getDeployment(name, context.signal);
  const { servedModel, model } = deployment;
  const task = await taskOf([model, servedModel], context);
  const instance = leadInstance(deployment);
  // Every instance of a deployment has a key of its own: that of the one that is used.
  const endpoint = args.showKey ? pickReachable(await session.api.endpoints(name, context.signal)) : undefined;
  const apiKey = endpoint?.apiKey.reveal();
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  const examples = openExamples({ name, model: servedModel, baseUrl, task, apiKey });
  const isReady = instance.endpoints.length > 0 && instance.state.status === 'ready';
  const head = `${name} is ${stateWords(instance.state)}${isReady ? '' : ' (the examples work once it is ready)'}.
Hold its port open in another terminal: fairlead connect ${name} --port ${port}`;
  context.output.result(
    { event: 'examples', ok: true, name, servedModel, baseUrl, ...defined({ apiKey }), examples },
    `${head}\n\n${renderExamples(examples)}`,
  );
}
