// Ends a job: the agent was told through control; where that does not end it, the scheduler's own ways, the gentle one first.

import type { Session } from '@fairlead/client';
import { type DeploymentView, isEnded } from '@fairlead/protocol';

import type { Context } from '../context.ts';
import { schedulerOf } from '../site/job-cluster.ts';
import type { Site } from '../site/open-site.ts';
import { pollMs } from '../site/slurm-site.ts';

/** An agent that was told `now`, or that has ended its instance, is given this long to leave. */
const LEAVE_MS = 45_000;
/** Slurm's own end (TERM, KillWait, KILL, epilog) may take this long. */
const CANCEL_MS = 60_000;

export interface EndJob {
  site: Site;
  session: Session;
  context: Context;
  deployment: DeploymentView;
  jobId: string;
  /** Whether an agent took the order. */
  delivered: boolean;
  now: boolean;
}

/** Resolves when the scheduler says that the job has ended; or warns and returns when even KILL did not end it in time. */
export async function endJob(job: EndJob): Promise<void> {
  const { site, context, jobId } = job;
  if (job.delivered ? await isGoneByItself(job) : await isGone(job)) return;
  for (const how of ['stop', 'kill'] as const) {
    await (await schedulerOf(site, job.deployment.instance.id)).cancel(jobId, how, context.signal);
    context.output.event('job.cancelled', { jobId, how }, `cancelled job ${jobId}`);
    if (await isGoneWithin(job, cancelMs(job))) return;
  }
  context.output.warn(`job ${jobId} is still ending on ${site.cluster.name}`);
}

/** A drain lasts as long as its requests and the job's deadline allow; after the instance has ended the job has LEAVE_MS. */
async function isGoneByItself(job: EndJob): Promise<boolean> {
  let sinceMs = job.now ? job.context.clock.monotonicMs() : undefined;
  for (let round = 0; ; round++) {
    if (await isGone(job)) return true;
    const nowMs = job.context.clock.monotonicMs();
    sinceMs ??= (await hasEnded(job)) ? nowMs : undefined;
    if (sinceMs !== undefined && nowMs - sinceMs > LEAVE_MS + cancelMs(job) - CANCEL_MS) return false;
    await pause(job, round);
  }
}

/** The shared answer of the queue may be older than the order to end. */
function cancelMs({ site }: EndJob): number {
  const { slurm } = site.cluster.config;
  return CANCEL_MS + (slurm?.pollSeconds === undefined ? 0 : pollMs(slurm));
}

async function isGoneWithin(job: EndJob, ms: number): Promise<boolean> {
  const untilMs = job.context.clock.monotonicMs() + ms;
  for (let round = 0; job.context.clock.monotonicMs() < untilMs; round++) {
    if (await isGone(job)) return true;
    await pause(job, round);
  }
  return false;
}

async function isGone({ site, jobId, deployment, context }: EndJob): Promise<boolean> {
  const scheduler = await schedulerOf(site, deployment.instance.id);
  const phase = (await scheduler.observe([jobId], context.signal)).get(jobId)?.phase.kind;
  return phase === undefined || phase === 'gone' || phase === 'ended';
}

/** Whether nobody is there any more who could end the instance. */
export async function hasEnded({
  session,
  deployment,
  context,
}: Pick<EndJob, 'session' | 'deployment' | 'context'>): Promise<boolean> {
  const { instance } = await session.api.getDeployment(deployment.name, context.signal);
  const requests = instance.load?.inFlight ?? 0;
  if (requests > 0)
    context.output.busy(`waiting for ${requests} request${requests === 1 ? '' : 's'} to end (--now cuts them)`);
  return isEnded(instance.state) || instance.leaseUntilMs === undefined;
}

/** Quick looks at first, since most jobs leave within seconds; then Slurm is left in peace. */
function pause({ context }: EndJob, round: number): Promise<void> {
  return context.clock.sleep(Math.min(15_000, 300 * 1.5 ** round), context.signal);
}
