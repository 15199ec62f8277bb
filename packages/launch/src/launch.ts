// From a request to a model that answers: plan, ask the scheduler, record, upload, submit, follow. What fails before the job
// exists leaves nothing behind.

import type { NamedCluster } from '@fairlead/config';

import { followInstance } from './follow.ts';
import { launchJob } from './job/launch-job.ts';
import type { LaunchEvent } from './launch-event.ts';
import { type LaunchDeps, streamRun } from './launch-deps.ts';
import type { Run } from './machine.ts';
import { checkFlags } from './plan/check-flags.ts';
import { checkImage } from './plan/check-image.ts';
import { checkTokenFile } from './plan/check-token-file.ts';
import type { DeployRequest } from './plan/deploy-request.ts';
import { planDeployment } from './plan/plan-deployment.ts';
import { askCluster, askHub } from './plan/ask-for-facts.ts';
import { profileFacts } from './plan/site-facts.ts';
import { shipAgent } from './ship/ship.ts';
import { openSite } from './site/open-site.ts';
import { checkWeights } from './weights/check-weights.ts';

export interface LaunchRequest extends DeployRequest {
  cluster: NamedCluster;
  /** Whether the launch goes on until the deployment is ready; else it ends with the submission. */
  wait: boolean;
}

/**
 * Begins with the first `next()` and does not wait for its reader. Ends with `deployment.ready`, without `wait` with `deployment.submitted`.
 * Throws a CodedError where the model cannot be deployed (`deploy_failed` where its job has ended), and the signal's reason.
 *
 * The signal, and leaving the loop, end it in order: before the job is submitted what was recorded is taken back; a submission that is
 * under way is waited for; a job that was submitted goes on (`deployment.left`).
 */
export function launch(
  deps: LaunchDeps,
  request: LaunchRequest,
  signal: AbortSignal,
): AsyncGenerator<LaunchEvent, void, undefined> {
  return streamRun<LaunchEvent>(deps, signal, (run) => runLaunch(deps, request, run));
}

async function runLaunch(deps: LaunchDeps, request: LaunchRequest, run: Run<LaunchEvent>): Promise<void> {
  const { config } = deps;
  const profile = await profileFacts(request.cluster.config, run.home);
  const early = {
    site: profile,
    model: profile && (await askHub(planDeployment(request, config, request.cluster.config), request, run)),
  };
  const plan = planDeployment(request, config, request.cluster.config, early);
  run.tell({ type: 'deployment.planned', cluster: request.cluster.name, plan });
  if (plan.reasons.length > 0) run.tell({ type: 'deployment.sized', plan });
  for (const message of plan.risks) run.tell({ type: 'warning', message });
  run.tell({ type: 'launch.phase', phase: 'checking' });
  await using session = await deps.openSession(run.signal);
  await using site = await openSite(request.cluster, run);
  // Before anything is uploaded: a model may fit nowhere.
  const { unplanned, ...known } = await askCluster({ site, plan, early, request, run });
  if (unplanned !== undefined)
    run.tell({ type: 'warning', message: `${unplanned}: deploying with the settings as they are` });
  // Its engine's program, or its image, may lie at a path that only the cluster can expand.
  const there = planDeployment(request, config, site.cluster.config, known);
  if (plan.reasons.length === 0 && there.reasons.length > 0) run.tell({ type: 'deployment.sized', plan: there });
  for (const message of there.risks) if (!plan.risks.includes(message)) run.tell({ type: 'warning', message });
  const { container } = there.engineSettings;
  if (container) await checkImage(container, there.engine, site.host, run.signal);
  const { tokenFile } = site.paths;
  if (tokenFile !== undefined) await checkTokenFile(tokenFile, site.host, run.signal);
  await checkFlags(site, there, run);
  await checkWeights(site, there, run);
  const shipped = await shipAgent(site.host, site.paths.runtime, {
    cacheDir: run.cacheDir,
    nodePath: run.nodePath,
    configuredNode: site.cluster.config.node,
    onProgress: (file, sentBytes, totalBytes) => run.tell({ type: 'file.uploading', file, sentBytes, totalBytes }),
    signal: run.signal,
  });
  if (shipped.uploaded.length > 0) run.tell({ type: 'agent.uploaded', files: shipped.uploaded });
  const { id, jobId } = await launchJob({ plan: there, config, site, shipped, session, run });
  run.tell({ type: 'deployment.submitted', name: plan.name, instance: id, jobId });
  if (request.wait)
    await followInstance({
      name: plan.name,
      servedModel: plan.servedModel,
      instance: { id, jobId },
      session,
      site,
      run,
    });
}
