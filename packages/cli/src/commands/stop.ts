// `fairlead stop <name>`: has the deployment ended, and says how it goes.

import { defined } from '@fairlead/kit';
import { stopDeployment, type StopEvent } from '@fairlead/launch';
import { leadInstance } from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { launchDepsOf } from '../launch/launch-deps.ts';
import { renderEvent } from '../launch/render-event.ts';
import { stateWords } from './instance-words.ts';
import { spentWords } from './sized-text.ts';

export interface StopArgs {
  name: string;
  now: boolean;
  wait: boolean;
}

export async function runStop({ name, now, wait }: StopArgs, context: Context): Promise<void> {
  const mode = now ? 'now' : 'drain';
  for await (const event of stopDeployment(await launchDepsOf(context), { name, mode, wait }, context.signal)) {
    if (event.type === 'deployment.stopped') sayStopped(event, wait, context);
    else renderEvent(event, context.output);
  }
}

function sayStopped(
  { deployment, spent }: Extract<StopEvent, { type: 'deployment.stopped' }>,
  wait: boolean,
  { output }: Context,
): void {
  const { name, instances } = deployment;
  const { state } = leadInstance(deployment);
  output.result(
    {
      event: 'deployment.stopped',
      ok: true,
      name,
      instances: instances.map((each) => ({ id: each.id, state: each.state })),
      ...defined({ spent }),
    },
    wait
      ? `${name} has ended (${stateWords(state)})${spent ? `; it cost ${spentWords(spent)}` : ''}`
      : `${name} is ending; see \`fairlead status ${name}\``,
  );
}
