// From a plan to a job in the queue. What fails before there is a job leaves nothing: control is told, the job's directory removed.

import type { Session } from '@fairlead/client';
import { CodedError, createSecret, errorText, isCodedError } from '@fairlead/kit';
import { type DeploymentCreated, type FairleadConfig, isEnded } from '@fairlead/protocol';

import { routesForJobs } from '../bastion/routes-for-jobs.ts';
import { ensureJobKey } from '../bastion/ensure-job-key.ts';
import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { jobDirOf } from '../paths.ts';
import type { DeploymentPlan } from '../plan/plan-deployment.ts';
import type { Shipped } from '../ship/ship.ts';
import { schedulerOf } from '../site/job-cluster.ts';
import type { Site } from '../site/open-site.ts';
import { instanceSpecOf, jobScript } from './job-files.ts';
import { submitJob, testJob } from './submit-job.ts';
import { writeJobFiles } from './write-job-files.ts';

/** How far a launch has come, as far as an interrupt is concerned. */
export type LaunchPhase = 'checking' | 'recorded' | 'submitting' | 'submitted';

export interface Launch {
  plan: DeploymentPlan;
  config: FairleadConfig;
  site: Site;
  shipped: Shipped;
  session: Session;
  context: Context;
  onPhase: (phase: LaunchPhase) => void;
}

export async function launchJob(launch: Launch): Promise<{ id: string; jobId: string }> {
  const { plan, site, shipped, session, context } = launch;
  const script = (instance: string) => jobScript(plan, site.cluster, { instance, paths: site.paths, ...shipped });
  await testJob(site, script('testonly'), context.signal);
  context.signal.throwIfAborted();
  launch.onPhase('recorded');
  // Without the signal: an answer that is not waited for would leave a deployment that nobody serves.
  const created = await session.api.createDeployment({
    name: plan.name,
    model: plan.model,
    servedModel: plan.servedModel,
    engine: plan.engine,
    cluster: site.cluster.name,
    jobDir: jobDirOf(site.paths, '{instance}'),
  });
  const { id } = created.deployment.instance;
  const jobId = await submit(launch, created, script(id)).catch(async (error: unknown) => {
    if (isCodedError(error, 'submit_uncertain')) throw uncertain(plan.name, error);
    await withdraw(launch, id, error);
    throw error;
  });
  launch.onPhase('submitted');
  await tellControl(launch, { id, jobId });
  return { id, jobId };
}

/** The job may exist: nothing is taken back, and it is found by its name. */
function uncertain(name: string, error: CodedError): CodedError {
  return new CodedError(error.code, error.message, {
    hint: `If the job exists it starts by itself and \`fairlead status ${name}\` shows it; \`fairlead stop ${name}\` finds it by its name and ends it. Do not deploy ${name} again before.`,
    cause: error,
  });
}

async function submit(launch: Launch, created: DeploymentCreated, script: string): Promise<string> {
  const { plan, config, site, session, context } = launch;
  const { id } = created.deployment.instance;
  const jobKeyDir = await ensureJobKey(site, { session, context, user: id });
  const spec = instanceSpecOf({
    plan,
    cluster: site.cluster,
    created,
    apiKey: createSecret('fl_').reveal(),
    profile: session.link.profile,
    bastion: {
      routes: await routesForJobs(config.bastion, { profile: session.link.profile, account: site.host.facts }, context),
    },
    paths: site.paths,
    jobKeyDir,
  });
  await writeJobFiles(site, { instance: id, spec, script }, context.signal);
  context.signal.throwIfAborted();
  launch.onPhase('submitting');
  // Without the signal: an answer that is not waited for would leave a job that nobody knows of.
  return submitJob(site, { deployment: plan.name, instance: id }, context.output);
}

/** From here on there is a job, whatever else goes wrong; its agent tells control of itself. */
async function tellControl(
  { plan, site, session, context }: Launch,
  job: { id: string; jobId: string },
): Promise<void> {
  const { id, jobId } = job;
  const view = await session.api.observed(id, { jobId }).catch((error: unknown) => {
    context.output.warn(`could not tell control that ${plan.name} is job ${jobId}: ${errorText(error)}`);
    return undefined;
  });
  if (!view || !isEnded(view.state)) return;
  await (await schedulerOf(site, id)).cancel(jobId, 'stop');
  throw new CodedError<CliErrorCode>(
    'deploy_failed',
    `cannot serve ${plan.name} because it was stopped while it was being submitted: cancelled job ${jobId}`,
    { hint: 'Deploy it again if that was not meant.' },
  );
}

/** Not under the signal: it is what an interrupt leaves to be done. */
async function withdraw({ plan, site, session, context }: Launch, id: string, cause: unknown): Promise<void> {
  const told = session.api.observed(id, {
    state: { status: 'failed', cause: { code: 'job_ended', message: `it was not submitted: ${errorText(cause)}` } },
  });
  const removed = site.host.runner.run(['rm', '-rf', jobDirOf(site.paths, id)]);
  const [toldOutcome, removedOutcome] = await Promise.allSettled([told, removed]);
  if (toldOutcome.status === 'rejected')
    context.output.warn(
      `could not tell control that ${plan.name} was not submitted: ${errorText(toldOutcome.reason)}. Run \`fairlead stop ${plan.name}\`.`,
    );
  if (removedOutcome.status === 'rejected')
    context.output.warn(
      `could not remove ${jobDirOf(site.paths, id)} on ${site.cluster.name}: ${errorText(removedOutcome.reason)}`,
    );
}
