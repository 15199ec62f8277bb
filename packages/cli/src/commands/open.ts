// `fairlead open <name>`: how to use this deployment from wherever people use models, with its own values, ready to paste.

import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { stateWords } from './instance-words.ts';
import { openExamples, renderExamples } from './open-examples.ts';

export async function runOpen(args: { name: string; port: number; showKey: boolean }, context: Context): Promise<void> {
  const { name, port } = args;
  await using session = await openCliSession(context);
  const { servedModel: model, instance } = await session.api.getDeployment(name, context.signal);
  const apiKey = args.showKey ? (await session.api.endpoint(name, context.signal)).apiKey : undefined;
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  const examples = openExamples({ name, model, baseUrl, apiKey });
  const isReady = instance.endpoint !== undefined && instance.state.status === 'ready';
  const head = `${name} is ${stateWords(instance.state)}${isReady ? '' : ' (the examples work once it is ready)'}.
Hold its port open in another terminal: fairlead connect ${name} --port ${port}`;
  context.output.result(
    { event: 'examples', ok: true, name, model, baseUrl, ...(apiKey === undefined ? {} : { apiKey }), examples },
    `${head}\n\n${renderExamples(examples)}`,
  );
}
