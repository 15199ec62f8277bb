// `fairlead stop <name>`: order through control, then Slurm's own ways; ends when the job is gone and nothing of it is left.

import { CodedError } from '@fairlead/kit';
import { type DeploymentView, isEnded } from '@fairlead/protocol';

import type { CliErrorCode } from '../cli-error.ts';
import { loadConfig, pickCluster } from '../config/load-config.ts';
import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { endDeployment } from '../job/end-deployment.ts';
import { stateWords } from './instance-words.ts';

export interface StopArgs {
  name: string;
  now: boolean;
  wait: boolean;
}

export async function runStop(args: StopArgs, context: Context): Promise<void> {
  const { name, now } = args;
  const { config } = await loadConfig(context);
  await using session = await openCliSession(context);
  const { deployment, delivered } = await session.api.stopDeployment(name, now ? 'now' : 'drain', context.signal);
  sayOrdered(args, delivered, context);
  if (!args.wait && delivered) return done(deployment, args, context);
  const cluster = pickCluster(config, deployment.cluster);
  done(await endDeployment({ session, context, cluster, deployment, delivered, now }), args, context);
}

function sayOrdered({ name, now }: StopArgs, delivered: boolean, { output }: Context): void {
  const told = now ? 'told the agent to stop' : 'told the agent to drain and stop';
  output.event(
    'deployment.stopping',
    { name, mode: now ? 'now' : 'drain', delivered },
    delivered ? told : 'no agent to tell; seeing to the job',
  );
}

function done(deployment: DeploymentView, args: StopArgs, context: Context): void {
  const { state } = deployment.instance;
  if (args.wait && !isEnded(state)) {
    throw new CodedError<CliErrorCode>(
      'stop_failed',
      `cannot be sure that ${args.name} has ended: it is ${stateWords(state)}`,
      { hint: `Look again with \`fairlead status ${args.name}\`.` },
    );
  }
  context.output.result(
    { event: 'deployment.stopped', ok: true, name: args.name, state },
    args.wait
      ? `${args.name} has ended (${stateWords(state)})`
      : `${args.name} is ending; see \`fairlead status ${args.name}\``,
  );
}
