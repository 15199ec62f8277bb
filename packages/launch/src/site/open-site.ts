// A cluster at hand: the host where commands run and files go, and its scheduler.

import { join } from 'node:path/posix';

import { CodedError, Scope } from '@fairlead/kit';
import type { ClusterConfig, NamedCluster } from '@fairlead/config';
import { createLocalScheduler, createSlurmScheduler } from '@fairlead/scheduler';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { Run } from '../machine.ts';
import type { Host } from '../host/host.ts';
import { openKeptHost } from '../host/kept-host.ts';
import { openLocalHost } from '../host/local-host.ts';
import { openSshHost } from '../host/ssh-host.ts';
import { type ClusterPaths, clusterPaths } from '../cluster-paths.ts';
import { openRoute } from '../login/open-route.ts';
import { expandCluster } from './expand-cluster.ts';
import { createJobClusters, type JobClusters, type SiteSchedulers } from './job-cluster.ts';
import { slurmCluster, slurmSite } from './slurm-site.ts';

export interface Site extends SiteSchedulers, AsyncDisposable {
  /** Its paths are absolute ones of the cluster. */
  cluster: NamedCluster;
  host: Host;
  /** Notes which Slurm cluster took an instance's job; never rejects. */
  jobClusters?: JobClusters;
  paths: ClusterPaths;
}

export async function openSite(configured: NamedCluster, run: Run): Promise<Site> {
  const scope = new Scope();
  try {
    const host = scope.use(await openHost(configured, run));
    const cluster = await expandCluster(configured, host, run.signal);
    const paths = clusterPaths(cluster.config, host.facts);
    const close = { [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
    if (cluster.config.kind !== 'local')
      return { cluster, host, paths, ...slurmSchedulers(cluster, { host, paths, run }), ...close };
    const scheduler = createLocalScheduler({
      stateDir: join(paths.state, 'local-scheduler'),
      node: run.nodePath,
      clock: run.clock,
      env: run.env,
    });
    return { cluster, host, scheduler, paths, ...close };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

function slurmSchedulers(
  { config }: NamedCluster,
  { host, paths, run }: { host: Host; paths: ClusterPaths; run: Run },
): Pick<Site, 'scheduler' | 'schedulerOf' | 'jobClusters'> {
  const { clock, log } = run;
  const open = (given: ClusterConfig) =>
    createSlurmScheduler({ runner: host.runner, clock, log, ...slurmSite(given, paths) });
  const scheduler = open(config);
  const jobClusters = createJobClusters(host, paths);
  return {
    scheduler,
    jobClusters,
    async schedulerOf(instance) {
      const cluster = await jobClusters.of(instance);
      if (cluster === undefined || cluster === slurmCluster(config.slurm ?? {})) return scheduler;
      return open({ ...config, slurm: { ...config.slurm, cluster } });
    },
  };
}

async function openHost({ name, config }: NamedCluster, run: Run): Promise<Host> {
  if (config.kind === 'local') return openLocalHost(run.home, run.nodePath);
  if (!config.login) {
    throw new CodedError<LaunchErrorCode>(
      'config_invalid',
      `cannot reach cluster ${name} because clusters.${name}.login is missing`,
      {
        hint: 'Name its login host, or say `kind: local` for a machine without Slurm.',
      },
    );
  }
  const { login } = config;
  return openKeptHost(async () => {
    const { connection } = await openRoute(login, run);
    return { host: await openSshHost(connection, login.host), lost: connection.closed };
  });
}
