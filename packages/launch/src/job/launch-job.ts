// From a plan to a job in the queue. What fails before there is a job leaves nothing: control is told, the job's directory removed.

import type { ControlSession } from '../control-session.ts';
import { CodedError, createSecret, errorText, isCodedError } from '@fairlead/kit';
import { type DeploymentCreated, isEnded } from '@fairlead/protocol';
import type { FairleadConfig } from '@fairlead/config';

import { badNodesOf } from './bad-nodes.ts';
import { checkPartitionSize } from './check-partition-size.ts';
import { routesForJobs } from './routes-for-jobs.ts';
import { ensureJobKey } from '../job-key/ensure-job-key.ts';
import type { LaunchErrorCode } from '../launch-error.ts';
import type { LaunchEvent } from '../launch-event.ts';
import type { Run } from '../machine.ts';
import { jobDirOf } from '../cluster-paths.ts';
import type { DeploymentPlan } from '../plan/plan-deployment.ts';
import type { Shipped } from '../ship/ship.ts';
import { schedulerOf } from '../site/job-cluster.ts';
import type { Site } from '../site/open-site.ts';
import { instanceSpecOf, jobScript } from './job-files.ts';
import { submitJob, testJob } from './submit-job.ts';
import { writeJobFiles } from './write-job-files.ts';

export interface JobLaunch {
  plan: DeploymentPlan;
  config: FairleadConfig;
  site: Site;
  shipped: Shipped;
  session: ControlSession;
  run: Run<LaunchEvent>;
}

export async function launchJob(asked: JobLaunch): Promise<{ id: string; jobId: string }> {
  const launch = { ...asked, plan: await placeJob(asked) };
  const { plan, site, session, run } = launch;
  run.signal.throwIfAborted();
  run.tell({ type: 'launch.phase', phase: 'recorded' });
  // Without the signal: an answer that is not awaited would leave a deployment without a job.
  const created = await session.api.createDeployment({
    name: plan.name,
    model: plan.model,
    servedModel: plan.servedModel,
    engine: plan.engine,
    cluster: site.cluster.name,
    jobDir: jobDirOf(site.paths, '{instance}'),
  });
  const id = created.instanceId;
  const jobId = await submit(launch, created, scriptOf(launch, id)).catch(async (error: unknown) => {
    if (isCodedError(error, 'submit_uncertain')) throw uncertain(plan.name, error);
    await withdraw(launch, id, error);
    throw error;
  });
  run.tell({ type: 'launch.phase', phase: 'submitted' });
  await tellControl(launch, { id, jobId });
  return { id, jobId };
}

function scriptOf({ plan, site, shipped }: JobLaunch, instance: string): string {
  return jobScript(plan, site.cluster, { instance, paths: site.paths, ...shipped });
}

/** Asks the scheduler about the job before anything is recorded: without the nodes that failed last, else with them. */
async function placeJob(launch: JobLaunch): Promise<DeploymentPlan> {
  const { plan, site, session, run } = launch;
  await checkPartitionSize(site, plan, run.signal);
  const exclude = await badNodesOf(plan.name, site.cluster, { session, signal: run.signal });
  const test = (tested: DeploymentPlan) =>
    testJob(site, scriptOf({ ...launch, plan: tested }, 'testonly'), run.signal).then(() => tested);
  if (exclude.length === 0) return test(plan);
  const failed = `${exclude.join(', ')} failed when ${plan.name} ran last`;
  try {
    const placed = await test({ ...plan, exclude });
    run.tell({ type: 'warning', message: `${failed}: left out (slurm.leaveOutFailedNodes: false uses it again)` });
    return placed;
  } catch (error) {
    if (!isCodedError(error, 'submit_refused')) throw error;
  }
  const placed = await test(plan);
  run.tell({ type: 'warning', message: `${failed}, and the job does not fit without: it may run there again` });
  return placed;
}

/** The job may exist: nothing is taken back, and it is found by its name. */
function uncertain(name: string, error: CodedError): CodedError {
  return new CodedError(error.code, error.message, {
    hint: `If the job exists it starts by itself and \`fairlead status ${name}\` shows it; \`fairlead stop ${name}\` finds it by its name and ends it. Do not deploy ${name} again before.`,
    cause: error,
  });
}

async function submit(launch: JobLaunch, created: DeploymentCreated, script: string): Promise<string> {
  const { plan, config, site, session, run } = launch;
  const id = created.instanceId;
  const jobKeyDir = await ensureJobKey(site, {
    session,
    run,
    user: id,
    authorizedKeysFile: config.bastion?.authorizedKeysFile,
  });
  const spec = instanceSpecOf({
    plan,
    cluster: site.cluster,
    created,
    apiKey: createSecret('fl_'),
    profile: session.link.profile,
    bastion: {
      routes: await routesForJobs(config.bastion, { profile: session.link.profile, account: site.host.facts }, run),
    },
    paths: site.paths,
    jobKeyDir,
  });
  await writeJobFiles(site, { instance: id, spec, script }, run.signal);
  run.signal.throwIfAborted();
  run.tell({ type: 'launch.phase', phase: 'submitting' });
  // Without the signal: an answer that is not awaited would leave a job that no record names.
  return submitJob(site, { deployment: plan.name, instance: id }, run.tell);
}

/** From here on there is a job, whatever else fails; its agent registers with control by itself. */
async function tellControl({ plan, site, session, run }: JobLaunch, job: { id: string; jobId: string }): Promise<void> {
  const { id, jobId } = job;
  const view = await session.api.observed(id, { jobId }).catch((error: unknown) => {
    run.tell({
      type: 'warning',
      message: `could not tell control that ${plan.name} is job ${jobId}: ${errorText(error)}`,
    });
    return undefined;
  });
  if (!view || !isEnded(view.state)) return;
  await (await schedulerOf(site, id)).cancel(jobId, 'stop');
  throw new CodedError<LaunchErrorCode>(
    'deploy_failed',
    `cannot serve ${plan.name} because it was stopped while it was being submitted: cancelled job ${jobId}`,
    { hint: 'Deploy it again if that was not meant.' },
  );
}

/** Not under the signal: it is what an interrupt leaves to be done. */
async function withdraw({ plan, site, session, run }: JobLaunch, id: string, cause: unknown): Promise<void> {
  const told = session.api.observed(id, {
    state: { status: 'failed', cause: { code: 'job_ended', message: `it was not submitted: ${errorText(cause)}` } },
  });
  const removed = site.host.runner.run(['rm', '-rf', jobDirOf(site.paths, id)]);
  const [toldOutcome, removedOutcome] = await Promise.allSettled([told, removed]);
  if (toldOutcome.status === 'rejected')
    run.tell({
      type: 'warning',
      message: `could not tell control that ${plan.name} was not submitted: ${errorText(toldOutcome.reason)}. Run \`fairlead stop ${plan.name}\`.`,
    });
  if (removedOutcome.status === 'rejected')
    run.tell({
      type: 'warning',
      message: `could not remove ${jobDirOf(site.paths, id)} on ${site.cluster.name}: ${errorText(removedOutcome.reason)}`,
    });
}
