// `fairlead deploy`: plan, ask Slurm, record, upload, submit, follow to ready. What fails before the job exists leaves nothing behind.

import { isCodedError } from '@fairlead/kit';
import type { InstanceView } from '@fairlead/protocol';

import { offerTrust } from '../config/offer-trust.ts';
import { loadForCluster } from '../config/load-config.ts';
import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';
import { type Follow, followDeployment } from '../job/follow-deployment.ts';
import { launchJob, type LaunchPhase } from '../job/launch-job.ts';
import { cacheDir } from '../paths.ts';
import { type DeployRequest, planDeployment } from '../plan/plan-deployment.ts';
import { shipAgent } from '../ship/ship.ts';
import { openSite } from '../site/open-site.ts';
import { watchInterrupt } from './deploy-interrupt.ts';
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
  await offerTrust(context);
  const { config, cluster, files } = await loadForCluster(context, args);
  const plan = planDeployment(args, config, cluster.config);
  if (args.dryRun) return dryRun(plan, { cluster, files }, context);

  const report = reporter(context.output);
  report.planned(plan, { cluster: cluster.name, files });
  using interrupts = watchInterrupt(context, plan.name);
  await using session = await openCliSession(context);
  await using site = await openSite(cluster, context);
  const shipped = await shipAgent(site.host, site.paths.runtime, {
    cacheDir: cacheDir(context),
    nodePath: context.nodePath,
    configuredNode: site.cluster.config.node,
    onProgress: (what, sent, total) => report.uploading(what, sent, total),
    signal: context.signal,
  });
  report.shipped(shipped);
  const onPhase = (phase: LaunchPhase) => interrupts.enter(phase);
  // Its engine's program may lie at a path that only the cluster can expand.
  const there = planDeployment(args, config, site.cluster.config);
  const instance = await launchJob({ plan: there, config, site, shipped, session, context, onPhase });
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
