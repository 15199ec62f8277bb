// `fairlead stop <name>`: order through control, then Slurm's own ways; ends when the job is gone and nothing of it is left.

import { CodedError } from '@fairlead/kit';
import type { Session } from '@fairlead/client';
import { type DeploymentView, isEnded } from '@fairlead/protocol';

import { dropUnusedJobKey } from '../bastion/ensure-job-key.ts';
import type { CliErrorCode } from '../cli-error.ts';
import { loadConfig, pickCluster } from '../config/load-config.ts';
import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { endJob } from '../job/end-job.ts';
import { openSite } from '../site/open-site.ts';
import { stateWords } from './instance-words.ts';

export interface StopArgs {
  name: string;
  now: boolean;
  wait: boolean;
}

export async function runStop(args: StopArgs, context: Context): Promise<void> {
  const { output } = context;
  const { config } = await loadConfig(context);
  await using session = await openCliSession(context);
  const { deployment, delivered } = await session.api.stopDeployment(
    args.name,
    args.now ? 'now' : 'drain',
    context.signal,
  );
  output.event(
    'deployment.stopping',
    { name: args.name, mode: args.now ? 'now' : 'drain', delivered },
    delivered
      ? args.now
        ? 'told the agent to stop'
        : 'told the agent to drain and stop'
      : 'no agent to tell; seeing to the job',
  );
  if (!args.wait && delivered) return done(deployment, args, context);

  await using site = await openSite(pickCluster(config, deployment.cluster), context);
  const { jobId } = deployment.instance;
  if (jobId !== undefined) await endJob({ site, session, context, deployment, jobId, delivered, now: args.now });
  const last = await settle(session, args.name, context);
  await dropUnusedJobKey(site, session, context);
  done(last, args, context);
}

/** The job is gone; where its agent could not say so any more, control is told. */
async function settle(session: Session, name: string, context: Context): Promise<DeploymentView> {
  const deployment = await session.api.getDeployment(name, context.signal);
  const { id, state } = deployment.instance;
  if (isEnded(state) && state.cause.code !== 'agent_lost') return deployment;
  // A lost agent might come back: not to a job that is gone. The first cause stays.
  const last = isEnded(state)
    ? state
    : ({ status: 'stopped', cause: { code: 'requested', message: 'it was stopped' } } as const);
  await session.api.observed(id, { state: last }, context.signal);
  return session.api.getDeployment(name, context.signal);
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
