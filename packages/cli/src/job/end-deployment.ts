// Sees a deployment that was told to stop to its end: by its agent where one took the order, by the scheduler, and without
// the scheduler where the login host is away.

import type { Session } from '@fairlead/client';
import { errorText } from '@fairlead/kit';
import { type DeploymentView, isEnded } from '@fairlead/protocol';

import { dropUnusedJobKeys } from '../bastion/drop-job-keys.ts';
import type { NamedCluster } from '../config/load-config.ts';
import type { Context } from '../context.ts';
import { openSite, type Site } from '../site/open-site.ts';
import { endJob, hasEnded } from './end-job.ts';
import { jobName } from './job-files.ts';

export interface EndDeployment {
  session: Session;
  context: Context;
  cluster: NamedCluster;
  deployment: DeploymentView;
  /** Whether an agent took the order. */
  delivered: boolean;
  now: boolean;
}

/** The deployment as it is then. Throws where nobody could end it: no agent took the order, and the login host is away. */
export async function endDeployment(ending: EndDeployment): Promise<DeploymentView> {
  const { session, context, deployment } = ending;
  const site = ending.delivered ? await reachWhileItEnds(ending) : await reach(ending);
  if (!site) return session.api.getDeployment(deployment.name, context.signal);
  await using _ = site;
  for (const jobId of await jobsOf(ending, site)) await endJob({ ...ending, site, jobId });
  const last = await settle(ending);
  await dropUnusedJobKeys(site, { session, context, ended: deployment.instance.id });
  return last;
}

/** Undefined where the login host is away and not needed. */
async function reach(ending: EndDeployment): Promise<Site | undefined> {
  const { cluster, context, deployment } = ending;
  try {
    return await openSite(cluster, context);
  } catch (error) {
    context.signal.throwIfAborted();
    const { state, jobId } = deployment.instance;
    if (isEnded(state) && state.cause.code !== 'agent_lost') {
      sayWithoutQueue(ending, error);
      return undefined;
    }
    context.output.warn(
      `control has noted that ${deployment.name} is to stop, but ${jobId ? `job ${jobId}` : 'its job'} could not be ended: no agent was there to take the order. Run \`fairlead stop ${deployment.name}\` again when ${cluster.name} answers.`,
    );
    throw error;
  }
}

/** After the agent has ended its instance, the login host is given this long to answer. */
const LOGIN_GRACE_MS = 5_000;

/** Connects while the agent drains, which needs no login host: undefined where that is away and the agent has ended. */
async function reachWhileItEnds(ending: EndDeployment): Promise<Site | undefined> {
  const { cluster, context } = ending;
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const opening = openSite(cluster, { ...context, signal }).then(
    (site) => ({ site }),
    (error: unknown) => ({ error }),
  );
  const patience = untilEnded(ending, signal).then(async () => {
    await context.clock.sleep(LOGIN_GRACE_MS, signal);
    return { error: new Error('it does not answer') };
  });
  try {
    const first = await Promise.race([opening, patience]);
    if ('site' in first) return first.site;
    context.signal.throwIfAborted();
    await untilEnded(ending, context.signal);
    over.abort(new Error('not waited for any more'));
    const late = await opening;
    if ('site' in late) return late.site;
    sayWithoutQueue(ending, first.error);
    return undefined;
  } finally {
    over.abort(new Error('not waited for any more'));
    // It may be waiting still; a control that failed it is met again by whoever asks it next.
    await patience.catch(() => undefined);
  }
}

async function untilEnded(ending: EndDeployment, signal: AbortSignal): Promise<void> {
  const { clock } = ending.context;
  for (let round = 0; !(await hasEnded(ending)); round++)
    await clock.sleep(Math.min(2_000, 200 * 1.3 ** round), signal);
}

function sayWithoutQueue({ cluster, context, deployment }: EndDeployment, error: unknown): void {
  const { jobId } = deployment.instance;
  context.output.warn(
    `could not ask the queue of ${cluster.name} about ${jobId ? `job ${jobId}` : 'the job'} (${errorText(error)}): its agent has ended it as far as it can tell. The job's key stays until the next stop.`,
  );
}

/** The job that control knows of; where sbatch's answer was lost, what is in the queue under the instance's name. */
async function jobsOf({ context, deployment }: EndDeployment, site: Site): Promise<string[]> {
  const { id, jobId } = deployment.instance;
  if (jobId !== undefined) return [jobId];
  const found = await site.scheduler.living(jobName(deployment.name, id), context.signal);
  const ids = found.map((job) => job.jobId);
  if (ids.length > 0)
    context.output.event(
      'job.found',
      { name: deployment.name, jobIds: ids },
      `found by its name: job ${ids.join(', ')}`,
    );
  return ids;
}

/** The job is gone; where its agent could not say so any more, control is told. */
async function settle({ session, context, deployment }: EndDeployment): Promise<DeploymentView> {
  const last = await session.api.getDeployment(deployment.name, context.signal);
  const { id, state } = last.instance;
  if (isEnded(state) && state.cause.code !== 'agent_lost') return last;
  // A lost agent might come back: not to a job that is gone. The first cause stays.
  const ended = isEnded(state)
    ? state
    : ({ status: 'stopped', cause: { code: 'requested', message: 'it was stopped' } } as const);
  await session.api.observed(id, { state: ended }, context.signal);
  return untilNoted({ session, context, deployment });
}

/** Control takes an agent's word for the instance until its lease ends (15 s): one that was cut off at the stop still has it. */
const NOTED_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 500;

async function untilNoted({ session, context, deployment }: Pick<EndDeployment, 'session' | 'context' | 'deployment'>) {
  const untilMs = context.clock.monotonicMs() + NOTED_WITHIN_MS;
  for (;;) {
    const last = await session.api.getDeployment(deployment.name, context.signal);
    if (isEnded(last.instance.state) || context.clock.monotonicMs() > untilMs) return last;
    await context.clock.sleep(LOOK_EVERY_MS, context.signal);
  }
}
