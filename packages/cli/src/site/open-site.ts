// A cluster at hand: the host where commands run and files go, and its scheduler.

import { join } from 'node:path/posix';

import { CodedError, Scope } from '@fairlead/kit';
import type { ClusterConfig } from '@fairlead/protocol';
import { createLocalScheduler, createSlurmScheduler, type Scheduler } from '@fairlead/slurm';

import type { CliErrorCode } from '../cli-error.ts';
import type { NamedCluster } from '../config/load-config.ts';
import type { Context } from '../context.ts';
import type { Host } from '../host/host.ts';
import { openKeptHost } from '../host/kept-host.ts';
import { openLocalHost } from '../host/local-host.ts';
import { openSshHost } from '../host/ssh-host.ts';
import { type ClusterPaths, clusterPaths } from '../paths.ts';
import { openRoute } from '../ssh/open-route.ts';
import { expandCluster } from './expand-cluster.ts';
import { createJobClusters, type JobClusters } from './job-cluster.ts';
import { slurmCluster, slurmSite } from './slurm-site.ts';

export interface Site extends AsyncDisposable {
  /** Its paths are absolute ones of the cluster. */
  cluster: NamedCluster;
  host: Host;
  scheduler: Scheduler;
  /** As `scheduler`, in the Slurm cluster that took this instance's job. Absent on a local cluster: see schedulerOf. */
  schedulerOf?: (instance: string) => Promise<Scheduler>;
  /** Notes which Slurm cluster took an instance's job; never rejects. */
  jobClusters?: JobClusters;
  paths: ClusterPaths;
}

export async function openSite(configured: NamedCluster, context: Context): Promise<Site> {
  const scope = new Scope();
  try {
    const host = scope.use(await openHost(configured, context));
    const cluster = await expandCluster(configured, host, context.signal);
    const paths = clusterPaths(cluster.config, host.facts);
    const close = { [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
    if (cluster.config.kind !== 'local')
      return { cluster, host, paths, ...slurmSchedulers(cluster, { host, paths, context }), ...close };
    const scheduler = createLocalScheduler({
      stateDir: join(paths.state, 'local-scheduler'),
      node: context.nodePath,
      clock: context.clock,
    });
    return { cluster, host, scheduler, paths, ...close };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

function slurmSchedulers(
  { config }: NamedCluster,
  { host, paths, context }: { host: Host; paths: ClusterPaths; context: Context },
): Pick<Site, 'scheduler' | 'schedulerOf' | 'jobClusters'> {
  const { clock, log } = context;
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

async function openHost({ name, config }: NamedCluster, context: Context): Promise<Host> {
  if (config.kind === 'local') return openLocalHost(context.home, context.nodePath);
  if (!config.login) {
    throw new CodedError<CliErrorCode>(
      'config_invalid',
      `cannot reach cluster ${name} because clusters.${name}.login is missing`,
      {
        hint: 'Name its login host, or say `kind: local` for a machine without Slurm.',
      },
    );
  }
  const { login } = config;
  return openKeptHost(async () => {
    const { connection } = await openRoute(login, context);
    return { host: await openSshHost(connection, login.host), lost: connection.closed };
  });
}
