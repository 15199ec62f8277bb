// Follows a deployment that was submitted before.

import { pickCluster } from '@fairlead/config';
import { isCodedError } from '@fairlead/kit';
import { leadInstance } from '@fairlead/protocol';

import { type Follow, followDeployment } from './job/follow-deployment.ts';
import { type LaunchDeps, streamRun } from './launch-deps.ts';
import type { FollowEvent } from './launch-event.ts';
import type { LaunchErrorCode } from './launch-error.ts';
import { openSite } from './site/open-site.ts';

/**
 * Ends with `deployment.ready`. Throws `deploy_failed` where the deployment has ended instead, and the signal's reason. Leaving the loop
 * ends nothing but the following.
 */
export function follow(
  deps: LaunchDeps,
  request: { name: string },
  signal: AbortSignal,
): AsyncGenerator<FollowEvent, void, undefined> {
  return streamRun<FollowEvent>(deps, signal, async (run) => {
    await using session = await deps.openSession(run.signal);
    const deployment = await session.api.getDeployment(request.name, run.signal);
    const { name, cluster, servedModel } = deployment;
    const instance = leadInstance(deployment);
    await using site = await openSite(pickCluster(deps.config, cluster), run);
    await followInstance({
      name,
      servedModel,
      instance: { id: instance.id, jobId: instance.jobId },
      session,
      site,
      run,
    });
  });
}

/** Tells `deployment.ready`, or `deployment.left` where the job goes on without this call. */
export async function followInstance(following: Follow & { servedModel: string }): Promise<void> {
  const { name, servedModel, run } = following;
  try {
    const instance = await followDeployment(following);
    run.tell({ type: 'deployment.ready', name, servedModel, instance });
  } catch (error) {
    if (!isCodedError<LaunchErrorCode>(error, 'deploy_failed'))
      run.tell({ type: 'deployment.left', name, jobId: following.instance.jobId });
    throw error;
  }
}
