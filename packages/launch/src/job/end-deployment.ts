// Sees a deployment that was told to stop to its end: by its agent where one took the order, by the scheduler, and without
// the scheduler where the login host is away.

import type { ControlSession } from '../control-session.ts';
import { errorText, isCodedError } from '@fairlead/kit';
import { type DeploymentView, hasEnded, type InstanceState, type InstanceView, isEnded } from '@fairlead/protocol';

import { dropUnusedJobKeys } from '../job-key/drop-job-keys.ts';
import type { NamedCluster } from '@fairlead/config';
import type { StopEvent } from '../launch-event.ts';
import type { Run } from '../machine.ts';
import { openSite, type Site } from '../site/open-site.ts';
import { endJob, isWithoutAgent } from './end-job.ts';
import { jobName } from './job-files.ts';

export interface EndDeployment {
  session: ControlSession;
  run: Run<StopEvent>;
  cluster: NamedCluster;
  deployment: DeploymentView;
  authorizedKeysFile: string | undefined;
  /** Whether an agent took the order. */
  delivered: boolean;
  now: boolean;
}

/** Resolves with the deployment as it is then. Throws where no agent took the order and the login host cannot be reached. */
export async function endDeployment(ending: EndDeployment): Promise<DeploymentView> {
  const { session, run, deployment, authorizedKeysFile } = ending;
  const site = ending.delivered ? await reachWhileItEnds(ending) : await reach(ending);
  if (!site) return session.api.getDeployment(deployment.name, run.signal);
  await using _ = site;
  const jobs = await Promise.all(deployment.instances.map((instance) => jobsOf(ending, instance, site)));
  await Promise.all(jobs.flat().map((job) => endJob({ ...ending, ...job, site })));
  const last = await settle(ending);
  for (const { id } of deployment.instances)
    await dropUnusedJobKeys(site, { session, run, ended: id, authorizedKeysFile });
  return last;
}

/** Undefined where the login host cannot be reached and no job is left to end. */
async function reach(ending: EndDeployment): Promise<Site | undefined> {
  const { cluster, run, deployment } = ending;
  try {
    return await openSite(cluster, run);
  } catch (error) {
    run.signal.throwIfAborted();
    const open = deployment.instances.filter(({ state }) => !isOver(state));
    if (open.length === 0) {
      sayWithoutQueue(ending, error);
      return undefined;
    }
    run.tell({
      type: 'warning',
      message: `control has noted that ${deployment.name} is to stop, but ${jobWords(open) ?? 'its job'} could not be ended: no agent was there to take the order. Run \`fairlead stop ${deployment.name}\` again when ${cluster.name} answers.`,
    });
    throw error;
  }
}

/** After the agent has ended its instance, the login host is given this long to answer. */
const loginGraceMs = 5_000;

/** Connects while the agent drains, which needs no login host: undefined where that is away and the agent has ended. */
async function reachWhileItEnds(ending: EndDeployment): Promise<Site | undefined> {
  const { cluster, run } = ending;
  const over = new AbortController();
  const signal = AbortSignal.any([run.signal, over.signal]);
  const opening = openSite(cluster, { ...run, signal }).then(
    (site) => ({ site }),
    (error: unknown) => ({ error }),
  );
  const patience = untilEnded(ending, signal).then(async () => {
    await run.clock.sleep(loginGraceMs, signal);
    return { error: new Error('it does not answer') };
  });
  try {
    const first = await Promise.race([opening, patience]);
    if ('site' in first) return first.site;
    run.signal.throwIfAborted();
    await untilEnded(ending, run.signal);
    over.abort(new Error('not waited for any more'));
    const late = await opening;
    if ('site' in late) return late.site;
    sayWithoutQueue(ending, first.error);
    return undefined;
  } finally {
    over.abort(new Error('not waited for any more'));
    await patience.catch((error: unknown) => {
      // Its signal has fired; or a question to control failed, which fails the next one too.
      if (error !== signal.reason && !isCodedError(error)) throw error;
    });
  }
}

async function untilEnded(ending: EndDeployment, signal: AbortSignal): Promise<void> {
  const { clock } = ending.run;
  for (let round = 0; !(await isWithoutAgent(ending)); round++)
    await clock.sleep(Math.min(2_000, 200 * 1.3 ** round), signal);
}

function sayWithoutQueue({ cluster, run, deployment }: EndDeployment, error: unknown): void {
  const job = jobWords(deployment.instances) ?? 'the job';
  run.tell({
    type: 'warning',
    message: `could not ask the queue of ${cluster.name} about ${job} (${errorText(error)}): its agent has ended it as far as it can tell. The job's key stays until the next stop.`,
  });
}

/** `job 4711` or `jobs 4711 and 4712`; undefined where control knows of none. */
function jobWords(instances: readonly InstanceView[]): string | undefined {
  const ids = instances.flatMap(({ jobId }) => (jobId === undefined ? [] : [jobId]));
  if (ids.length === 0) return undefined;
  return `job${ids.length === 1 ? '' : 's'} ${ids.join(' and ')}`;
}

/** The job that control knows of; where sbatch's answer was lost, what is in the queue under the instance's name. */
async function jobsOf({ run, deployment }: EndDeployment, instance: InstanceView, site: Site): Promise<Job[]> {
  const { id, jobId } = instance;
  if (jobId !== undefined) return [{ instance, jobId }];
  const found = await site.scheduler.living(jobName(deployment.name, id), run.signal);
  const ids = found.map((job) => job.jobId);
  if (ids.length > 0) run.tell({ type: 'job.found', name: deployment.name, jobIds: ids });
  return ids.map((found) => ({ instance, jobId: found }));
}

interface Job {
  instance: InstanceView;
  jobId: string;
}

/** A lost agent may come back. */
function isOver(state: InstanceState): boolean {
  return isEnded(state) && state.cause.code !== 'agent_lost';
}

/** Called when the jobs are gone: tells control of the end of each instance whose agent could not do so. */
async function settle({ session, run, deployment }: EndDeployment): Promise<DeploymentView> {
  const last = await session.api.getDeployment(deployment.name, run.signal);
  const meant = new Set(deployment.instances.map(({ id }) => id));
  const open = last.instances.filter(({ id, state }) => meant.has(id) && !isOver(state));
  if (open.length === 0) return last;
  // A lost agent might come back: not to a job that is gone. The first cause stays.
  for (const { id, state } of open) {
    const ended = isEnded(state)
      ? state
      : ({ status: 'stopped', cause: { code: 'requested', message: 'it was stopped' } } as const);
    await session.api.observed(id, { state: ended }, run.signal);
  }
  return untilNoted({ session, run, deployment });
}

/** Control takes an agent's word for the instance until its lease ends (15 s): one that was cut off at the stop still has it. */
const notedWithinMs = 30_000;
const pollIntervalMs = 500;

async function untilNoted({ session, run, deployment }: Pick<EndDeployment, 'session' | 'run' | 'deployment'>) {
  const untilMs = run.clock.monotonicMs() + notedWithinMs;
  for (;;) {
    const last = await session.api.getDeployment(deployment.name, run.signal);
    if (hasEnded(last) || run.clock.monotonicMs() > untilMs) return last;
    await run.clock.sleep(pollIntervalMs, run.signal);
  }
}
