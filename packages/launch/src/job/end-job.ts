// Ends a job: the agent was told through control; where that does not end it, the scheduler's own ways, the gentle one first.

import type { ControlSession } from '../control-session.ts';
import { type DeploymentView, type InstanceView, isEnded } from '@fairlead/protocol';

import type { StopEvent } from '../launch-event.ts';
import type { Run } from '../machine.ts';
import { schedulerOf } from '../site/job-cluster.ts';
import type { Site } from '../site/open-site.ts';
import { pollMs } from '../site/slurm-site.ts';

/** An agent that was told `now`, or that has ended its instance, is given this long to leave. */
const leaveMs = 45_000;
/** Slurm's own end (TERM, KillWait, KILL, epilog) may take this long. */
const cancelTimeoutMs = 60_000;

export interface EndJob {
  site: Site;
  session: ControlSession;
  run: Run<StopEvent>;
  deployment: DeploymentView;
  /** Whose job it is: one of the deployment's. */
  instance: InstanceView;
  jobId: string;
  /** Whether an agent took the order. */
  delivered: boolean;
  now: boolean;
}

/** Resolves when the scheduler says that the job has ended; or warns and returns when even KILL did not end it in time. */
export async function endJob(job: EndJob): Promise<void> {
  const { site, run, jobId } = job;
  if (job.delivered ? await isGoneByItself(job) : await isGone(job)) return;
  for (const how of ['stop', 'kill'] as const) {
    await (await schedulerOf(site, job.instance.id)).cancel(jobId, how, run.signal);
    run.tell({ type: 'job.cancelled', jobId, how });
    if (await isGoneWithin(job, cancelMs(job))) return;
  }
  run.tell({ type: 'warning', message: `job ${jobId} is still ending on ${site.cluster.name}` });
}

/** A drain lasts as long as its requests and the job's deadline allow; after the instance has ended the job has leaveMs. */
async function isGoneByItself(job: EndJob): Promise<boolean> {
  let sinceMs = job.now ? job.run.clock.monotonicMs() : undefined;
  for (let round = 0; ; round++) {
    if (await isGone(job)) return true;
    const nowMs = job.run.clock.monotonicMs();
    sinceMs ??= (await isWithoutAgent(job)) ? nowMs : undefined;
    if (sinceMs !== undefined && nowMs - sinceMs > leaveMs + cancelMs(job) - cancelTimeoutMs) return false;
    await pause(job, round);
  }
}

/** The shared answer of the queue may be older than the order to end. */
function cancelMs({ site }: EndJob): number {
  const { slurm } = site.cluster.config;
  return cancelTimeoutMs + (slurm?.pollSeconds === undefined ? 0 : pollMs(slurm));
}

async function isGoneWithin(job: EndJob, ms: number): Promise<boolean> {
  const untilMs = job.run.clock.monotonicMs() + ms;
  for (let round = 0; job.run.clock.monotonicMs() < untilMs; round++) {
    if (await isGone(job)) return true;
    await pause(job, round);
  }
  return false;
}

async function isGone({ site, jobId, instance, run }: EndJob): Promise<boolean> {
  const scheduler = await schedulerOf(site, instance.id);
  const phase = (await scheduler.observe([jobId], run.signal)).get(jobId)?.phase.kind;
  return phase === undefined || phase === 'gone' || phase === 'ended';
}

/** Whether no agent is there any more that could end the instance; without `instance`, of any instance of the deployment. */
export async function isWithoutAgent({
  session,
  deployment,
  instance,
  run,
}: Pick<EndJob, 'session' | 'deployment' | 'run'> & { instance?: InstanceView }): Promise<boolean> {
  const now = await session.api.getDeployment(deployment.name, run.signal);
  const meant = now.instances.filter(({ id }) => instance === undefined || id === instance.id);
  const requests = meant.reduce((sum, { load }) => sum + (load?.inFlight ?? 0), 0);
  if (requests > 0) run.tell({ type: 'requests.waiting', inFlight: requests });
  return meant.every(({ state, leaseUntilMs }) => isEnded(state) || leaseUntilMs === undefined);
}

/** Quick looks at first, since most jobs leave within seconds; then Slurm is left in peace. */
function pause({ run }: EndJob, round: number): Promise<void> {
  return run.clock.sleep(Math.min(15_000, 300 * 1.5 ** round), run.signal);
}
