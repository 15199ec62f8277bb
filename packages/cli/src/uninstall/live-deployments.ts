// What an uninstall would cut off: deployments that control calls alive, and jobs of ours in a cluster's queue.

import { openSession, type Session } from '@fairlead/client';
import { type DeploymentView, hasEnded } from '@fairlead/protocol';

import { type FairleadConfig, type NamedCluster, pickCluster } from '@fairlead/config';
import { launchRun } from '../launch/launch-run.ts';
import type { Context } from '../context.ts';
import { endDeployment, type Site } from '@fairlead/launch';
import { sessionOptions } from '../session-options.ts';
import { listInstancesScript } from './sweep-scripts.ts';

/** Those on the clusters given; on all where the bastion goes. */
export async function liveDeployments(
  context: Context,
  which: { clusters: readonly NamedCluster[]; all: boolean },
): Promise<DeploymentView[]> {
  await using session = await openSession(sessionOptions(context));
  const names = new Set(which.clusters.map(({ name }) => name));
  const deployments = await session.api.listDeployments({}, context.signal);
  return deployments.filter((deployment) => !hasEnded(deployment) && (which.all || names.has(deployment.cluster)));
}

export async function stopDeployments(
  live: readonly DeploymentView[],
  { config, now, context }: { config: FairleadConfig; now: boolean; context: Context },
): Promise<void> {
  if (live.length === 0) return;
  await using session = await openSession(sessionOptions(context));
  for (const { name } of live) await stopOne(session, name, { config, now, context });
}

async function stopOne(
  session: Session,
  name: string,
  { config, now, context }: { config: FairleadConfig; now: boolean; context: Context },
): Promise<void> {
  const { deployment, delivered } = await session.api.stopDeployment(name, now ? 'now' : 'drain', context.signal);
  context.output.event('deployment.stopping', { name, delivered }, `stopping ${name}`);
  const cluster = pickCluster(config, deployment.cluster);
  const authorizedKeysFile = config.bastion?.authorizedKeysFile;
  await endDeployment({
    session,
    run: launchRun(context),
    cluster,
    deployment,
    authorizedKeysFile,
    delivered,
    now,
  });
}

/** Until it has ended; Slurm's own end takes up to a minute. */
const cancelTimeoutMs = 90_000;
const pollIntervalMs = 1_000;

/** Jobs of ours that control knows nothing of any more: those whose directory lies on the cluster. `ownKeys`: our bastion's key directory; empty: not known. */
export async function cancelStrays(site: Site, ownKeys: string, context: Context): Promise<string[]> {
  const listed = await site.host.runner.run(['sh', '-c', listInstancesScript, 'sh', site.paths.state, ownKeys]);
  const instances = new Set(listed.code === 0 ? listed.stdout.split('\n') : []);
  const jobs = await site.scheduler.living('fl-', context.signal);
  const ours = jobs.filter(({ name }) => instances.has(name?.split('-').at(-1) ?? ''));
  for (const { jobId, name } of ours) {
    await site.scheduler.cancel(jobId, 'stop', context.signal);
    context.output.event('job.cancelled', { jobId, name }, `cancelled job ${jobId} (${name})`);
  }
  const ids = ours.map(({ jobId }) => jobId);
  const untilMs = context.clock.monotonicMs() + cancelTimeoutMs;
  while (ids.length > 0 && context.clock.monotonicMs() < untilMs) {
    const seen = await site.scheduler.observe(ids, context.signal);
    if ([...seen.values()].every(({ phase }) => phase.kind === 'ended' || phase.kind === 'gone')) break;
    await context.clock.sleep(pollIntervalMs, context.signal);
  }
  return ids;
}
