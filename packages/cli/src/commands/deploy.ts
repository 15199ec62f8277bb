// `fairlead deploy`: plan, ask Slurm, record, upload, submit, follow to ready. What fails before the job exists leaves nothing behind.

import { createSecret, errorText, isCodedError } from '@fairlead/kit';
import type { Session } from '@fairlead/client';
import type { DeploymentCreated, FairleadConfig, InstanceView } from '@fairlead/protocol';

import { routeForJobs } from '../bastion/bastion-route.ts';
import { ensureJobKey } from '../bastion/ensure-job-key.ts';
import { loadForCluster } from '../config/load-config.ts';
import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { type Follow, followDeployment } from '../job/follow-deployment.ts';
import { instanceSpecOf, jobScript } from '../job/job-files.ts';
import { submitJob, testJob } from '../job/submit-job.ts';
import { writeJobFiles } from '../job/write-job-files.ts';
import { cacheDir, jobDirOf } from '../paths.ts';
import { type DeploymentPlan, type DeployRequest, planDeployment } from '../plan/plan-deployment.ts';
import { type Shipped, shipAgent } from '../ship/ship.ts';
import { openSite, type Site } from '../site/open-site.ts';
import { dryRun } from './dry-run.ts';
import { readyText } from './ready-text.ts';
import { reporter } from './deploy-reporter.ts';

export interface DeployArgs extends DeployRequest {
  on?: string | undefined;
  set: string[];
  dryRun: boolean;
  wait: boolean;
}

export async function runDeploy(args: DeployArgs, context: Context): Promise<void> {
  const { config, cluster } = await loadForCluster(context, args);
  const plan = planDeployment(args, config, cluster.config);
  if (args.dryRun) return dryRun(plan, cluster, context);

  const report = reporter(context.output);
  report.planned(plan, cluster.name);
  await using session = await openCliSession(context);
  await using site = await openSite(cluster, context);
  const shipped = await shipAgent(site.host, site.paths.runtime, {
    cacheDir: cacheDir(context),
    nodePath: context.nodePath,
    configuredNode: cluster.config.node,
    onProgress: (what, sent, total) => report.uploading(what, sent, total),
    signal: context.signal,
  });
  report.shipped(shipped);
  const instance = await launch({ plan, config, site, shipped, session, context });
  report.submitted(plan.name, instance.jobId, instance.id);
  if (!args.wait) {
    report.notWaiting(plan.name);
    return;
  }
  const view = await followOrLeave({
    name: plan.name,
    instance,
    session,
    site,
    context,
    onState: (now) => report.state(now),
  });
  context.output.result(
    {
      event: 'deployment.ready',
      ok: true,
      name: plan.name,
      instance: view.id,
      jobId: instance.jobId,
      model: plan.servedModel,
      endpoint: view.endpoint,
      deadlineMs: view.deadlineMs,
    },
    readyText(plan.name, plan.servedModel, view.deadlineMs, context.clock.now()),
  );
}

/** Ctrl-C, like a connection that is lost, leaves the job running; it says how to come back. */
async function followOrLeave(follow: Follow): Promise<InstanceView> {
  try {
    return await followDeployment(follow);
  } catch (error) {
    if (!isCodedError<CliErrorCode>(error, 'deploy_failed')) {
      const { name, instance, context } = follow;
      context.output.event(
        'deployment.left',
        { name, jobId: instance.jobId },
        `job ${instance.jobId} goes on without this command. Look at it with: fairlead status ${name}   End it with: fairlead stop ${name}`,
      );
    }
    throw error;
  }
}

interface Launch {
  plan: DeploymentPlan;
  config: FairleadConfig;
  site: Site;
  shipped: Shipped;
  session: Session;
  context: Context;
}

/** From a plan to a job in the queue. On any failure, and on Ctrl-C, control is told that nothing will come. */
async function launch(launching: Launch): Promise<{ id: string; jobId: string }> {
  const { plan, site, shipped, session, context } = launching;
  const script = (instance: string) => jobScript(plan, site.cluster, { instance, paths: site.paths, ...shipped });
  await testJob(site, script('testonly'), context.signal);
  const created = await session.api.createDeployment(
    {
      name: plan.name,
      model: plan.model,
      servedModel: plan.servedModel,
      engine: plan.engine,
      cluster: site.cluster.name,
      jobDir: jobDirOf(site.paths, '{instance}'),
    },
    context.signal,
  );
  const { id } = created.deployment.instance;
  const jobId = await submit(launching, created, script(id)).catch(async (error: unknown) => {
    await withdraw(session, created, error, context);
    throw error;
  });
  // From here on there is a job, whatever else goes wrong; its agent tells control of itself.
  await session.api
    .observed(id, { jobId })
    .catch((error: unknown) =>
      context.output.warn(`could not tell control that ${plan.name} is job ${jobId}: ${errorText(error)}`),
    );
  return { id, jobId };
}

async function submit(
  { plan, config, site, session, context }: Launch,
  created: DeploymentCreated,
  script: string,
): Promise<string> {
  const { id } = created.deployment.instance;
  await ensureJobKey(site, session, context);
  const spec = instanceSpecOf({
    plan,
    cluster: site.cluster,
    created,
    apiKey: createSecret('fl_').reveal(),
    profile: session.link.profile,
    bastion: await routeForJobs(config.bastion, session.link.profile, context),
    paths: site.paths,
  });
  await writeJobFiles(site, { instance: id, spec, script }, context.signal);
  context.signal.throwIfAborted();
  // Without the signal: an answer that is not waited for would leave a job that nobody knows of.
  return submitJob(site, { deployment: plan.name, instance: id });
}

async function withdraw(session: Session, created: DeploymentCreated, cause: unknown, context: Context): Promise<void> {
  const { id, deployment } = created.deployment.instance;
  try {
    await session.api.observed(id, {
      state: { status: 'failed', cause: { code: 'job_ended', message: `it was not submitted: ${errorText(cause)}` } },
    });
  } catch (error) {
    context.output.warn(
      `could not tell control that ${deployment} was not submitted: ${errorText(error)}. Run \`fairlead stop ${deployment}\`.`,
    );
  }
}
